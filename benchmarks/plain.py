"""A tap like the SDK's template, for comparison: one request at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.pagination import BaseHATEOASPaginator
from typing_extensions import override

from tap_msteams.streams.messages import Messages as OurMessages
from tap_msteams.streams.teams import Channels as OurChannels

if TYPE_CHECKING:
    from collections.abc import Iterable

    import requests
    from singer_sdk.helpers.types import Context


class NextLink(BaseHATEOASPaginator):
    """Follows Graph's links."""

    @override
    def get_next_url(self, response: requests.Response) -> str | None:
        link: str | None = response.json().get("@odata.nextLink")
        return link


class GraphStream(RESTStream[Any]):
    """A collection of Graph's."""

    records_jsonpath = "$.value[*]"
    options: ClassVar[dict[str, Any]] = {}

    @property
    @override
    def url_base(self) -> str:
        return f"{self.config['graph_url']}/v1.0"

    @property
    @override
    def authenticator(self) -> BearerTokenAuthenticator:
        return BearerTokenAuthenticator(token=self.config["token"])

    @property
    @override
    def http_headers(self) -> dict[str, str]:
        return {**super().http_headers, "Prefer": "include-unknown-enum-members"}

    @property
    @override
    def requests_session(self) -> requests.Session:
        session = super().requests_session
        session.verify = self.config["ca_bundle"]
        return session

    @override
    def get_new_paginator(self) -> NextLink:
        return NextLink()

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any] | str:
        return next_page_token.query if next_page_token else self.options


class Teams(GraphStream):
    """Teams, with the properties in the list."""

    name = "teams"
    path = "/teams"
    primary_keys = ("id",)
    schema = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("displayName", th.StringType),
        th.Property("description", th.StringType),
    ).to_dict()

    @override
    def get_child_context(self, record: Any, context: Context | None) -> dict[str, Any]:
        return {"teamId": record["id"]}


class Channels(GraphStream):
    """Channels of a team."""

    name = "channels"
    path = "/teams/{teamId}/channels"
    primary_keys = ("teamId", "id")
    parent_stream_type = Teams
    schema = OurChannels.properties.to_dict()

    @override
    def get_child_context(self, record: Any, context: Context | None) -> dict[str, Any]:
        return {"teamId": record["teamId"], "channelId": record["id"]}

    @override
    def post_process(self, row: Any, context: Context | None = None) -> dict[str, Any] | None:
        return {**row, **(context or {})}


class Messages(GraphStream):
    """Posts of a channel and the replies that come with them."""

    name = "messages"
    path = "/teams/{teamId}/channels/{channelId}/messages"
    primary_keys = ("teamId", "channelId", "id")
    replication_key = "lastModifiedDateTime"
    parent_stream_type = Channels
    schema = OurMessages.properties.to_dict()
    options: ClassVar[dict[str, Any]] = {"$top": 50, "$expand": "replies"}

    @override
    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        for post in super().parse_response(response):
            replies = post.pop("replies", [])
            yield post
            yield from replies


class TapPlain(Tap):
    """The tap."""

    name = "tap-plain"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("graph_url", th.StringType, required=True),
        th.Property("ca_bundle", th.StringType, required=True),
        th.Property("token", th.StringType, required=True, secret=True),
    ).to_dict()

    @override
    def discover_streams(self) -> list[GraphStream]:
        return [Teams(self), Channels(self), Messages(self)]


if __name__ == "__main__":
    TapPlain.cli()
