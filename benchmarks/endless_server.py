"""`python -m benchmarks.endless_server SIZES`: a Graph that makes its pages when it is asked.

It holds nothing, so that it can be a tenant of any size, and counts the requests by path.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from aiohttp import web

from benchmarks.endless import (
    A_CALL_TAKES,
    CHANNELS,
    CHATS_OF_A_PERSON,
    Size,
    calls_before,
    guid,
    started,
)
from tap_msteams_sandbox import certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Call: TypeAlias = "Mapping[str, str]"
"""The options of a request's query."""

PAGE = 100
"""Rows on a page, where the tap asks for no other number."""
CALLS_A_PAGE = 60
_ID = re.compile(r"[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}|19:[^/]+@thread\.(?:v2|tacv2)")
_SINCE = re.compile(r"startDateTime ge (\S+)")
WHEN = "2026-11-01T03:00:00.000Z"


class Endless:
    """The answers, by path."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.night = 1
        self.asked: Counter[str] = Counter()
        self.address = ""
        self._answers: list[tuple[re.Pattern[str], Callable[[re.Match[str], Call], Any]]] = [
            (re.compile(rf"/v1\.0{path}$"), answer)
            for path, answer in (
                ("/teams", lambda _, call: self._rows(self._teams, size.teams, call)),
                ("/users", lambda _, call: self._rows(self._people, size.users, call)),
                (r"/teams/([^/]+)", lambda it, _: self._team(it[1])),
                (r"/teams/([^/]+)/(?:all)?[cC]hannels", lambda it, _: self._channels(it[1])),
                (r"/teams/([^/]+)/members", lambda it, _: self._members(it[1])),
                (r"/teams/([^/]+)/channels/getAllMessages", lambda it, _: self._posts(it[1])),
                (r"/teams/[^/]+/channels/[^/]+/messages", lambda _, call: self._list(call)),
                (r"/users/([^/]+)/chats", lambda it, _: self._chats(it[1])),
                (r"/users/([^/]+)/chats/getAllMessages", lambda it, _: self._texts(it[1])),
                (r"/chats/([^/]+)/members", lambda it, _: self._members(it[1])),
                ("/communications/callRecords", lambda _, call: self._calls(call)),
                (
                    r"/communications/callRecords/([^/]+)/participants_v2",
                    lambda it, _: self._members(it[1]),
                ),
            )
        ]

    async def answer(self, request: web.Request) -> web.Response:
        """The answer to a request of the tap, or of the benchmark itself."""
        path = request.path
        if path == "/asked":
            return web.json_response(self.asked)
        if path == "/night":
            self.night += 1
            self.asked.clear()
            return web.json_response({})
        self.asked[_ID.sub("{id}", path)] += 1
        for pattern, answer in self._answers:
            if found := pattern.match(path):
                content = answer(found, request.query)
                if isinstance(content, web.Response):
                    return content
                if link := content.pop("@odata.nextLink", None):
                    query = {**request.query, "$skiptoken": str(link)}
                    content["@odata.nextLink"] = str(request.url.with_query(query))
                return web.json_response(content)
        return web.json_response({"error": {"code": "NotFound", "message": path}}, status=404)

    @staticmethod
    def _rows(make: Callable[[int], dict[str, Any]], end: int, call: Call) -> dict[str, Any]:
        at = int(call.get("$skiptoken", 0))
        last = min(at + int(call.get("$top", PAGE)), end)
        page: dict[str, Any] = {"value": [make(n) for n in range(at, last)]}
        if last < end:
            page["@odata.nextLink"] = last
        return page

    @staticmethod
    def _teams(n: int) -> dict[str, Any]:
        return {"id": guid("t", n), "displayName": f"Team {n}", "description": None}

    @staticmethod
    def _people(n: int) -> dict[str, Any]:
        return {
            "id": guid("u", n),
            "displayName": f"Person {n}",
            "mail": f"person.{n}@contoso.example",
            "userPrincipalName": f"person.{n}@contoso.example",
            "userType": "Member",
        }

    @staticmethod
    def _team(team: str) -> dict[str, Any]:
        return {"id": team, "displayName": "Team", "visibility": "private", "isArchived": False}

    def _refuses(self, team: str) -> bool:
        return int(team[-12:], 16) < self.size.refused

    @staticmethod
    def _refusal() -> web.Response:
        error = {"code": "Forbidden", "message": "The team does not let this application in."}
        return web.json_response({"error": error}, status=403)

    def _channels(self, team: str) -> Any:  # noqa: ANN401 - a page or a refusal
        if self._refuses(team):
            return self._refusal()
        channels = 1 if self.size.posts else CHANNELS
        names = (f"19:{team[-12:]}-{n}@thread.tacv2" for n in range(channels))
        common = {"displayName": "Channel", "membershipType": "standard"}
        return {"value": [{"id": name, "createdDateTime": WHEN, **common} for name in names]}

    @staticmethod
    def _members(place: str) -> dict[str, Any]:
        digest = base64.b64encode(place.encode()).decode()
        return {"value": [{"id": f"{digest}{n}", "displayName": "Person"} for n in range(3)]}

    def _posts(self, team: str) -> Any:  # noqa: ANN401 - a page or a refusal
        if self._refuses(team) or self.size.posts:
            return self._refusal()
        place = {"teamId": team, "channelId": f"19:{team[-12:]}-0@thread.tacv2"}
        return {"value": self._messages({"channelIdentity": place})}

    def _list(self, call: Call) -> dict[str, Any]:
        # The newest comes first.
        last = self.size.posts - 1
        return self._rows(lambda n: {**_message(last - n), "replies": []}, self.size.posts, call)

    def _calls(self, call: Call) -> dict[str, Any]:
        daily = self.size.calls
        page = {"$top": str(CALLS_A_PAGE), "$skiptoken": call.get("$skiptoken", "")}
        if not page["$skiptoken"]:
            since = _SINCE.match(call["$filter"])
            begin = datetime.fromisoformat(since[1] if since else WHEN)
            page["$skiptoken"] = str(calls_before(begin, daily))

        def make(n: int) -> dict[str, Any]:
            ended = (started(n, daily) + A_CALL_TAKES).isoformat()
            return {
                "id": guid("c", n),
                "version": 1,
                "type": "groupCall",
                "modalities": ["audio", "video"],
                "startDateTime": started(n, daily).isoformat(),
                "endDateTime": ended,
                "lastModifiedDateTime": ended,
            }

        return self._rows(make, calls_before(datetime.now(UTC) - A_CALL_TAKES, daily), page)

    @staticmethod
    def _chats(person: str) -> dict[str, Any]:
        # People sit in a ring, each in a chat with the two before and the two after.
        number = int(person[-12:], 16)
        names = (f"19:{number - n}@thread.v2" for n in range(CHATS_OF_A_PERSON))
        return {"value": [{"id": name, "chatType": "group", "topic": None} for name in names]}

    def _texts(self, person: str) -> dict[str, Any]:
        return {"value": self._messages({"chatId": f"19:{person[-12:]}@thread.v2"})}

    def _messages(self, place: dict[str, Any]) -> list[dict[str, Any]]:
        written = self.size.messages if self.night == 1 else 0
        return [_message(n) | place for n in range(written)]


def _message(n: int) -> dict[str, Any]:
    return {
        "id": str(1_700_000_000_000 + n),
        "messageType": "message",
        "createdDateTime": WHEN,
        "lastModifiedDateTime": WHEN,
        "from": {"user": {"id": guid("u", n), "displayName": f"Person {n}"}},
        "body": {"contentType": "html", "content": "<p>What a night. " + "ja " * 250},
        "attachments": [],
        "mentions": [],
        "reactions": [],
    }


def token() -> str:
    """An application's token that says so."""
    parts = ({"alg": "none"}, {"idtyp": "app", "roles": ["Everything"], "exp": 4_000_000_000})
    texts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join((*(text.rstrip("=") for text in texts), "none"))


async def serve() -> None:
    """Listen, print the settings for the tap, and wait for the end of the input."""
    graph = Endless(Size(**json.loads(sys.argv[1])))
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", graph.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    with tempfile.TemporaryDirectory() as folder:
        issued = certificate.issue(Path(folder))
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=issued.context)
        await site.start()
        port = runner.addresses[0][1]
        settings = {
            "auth_method": "access_token",
            "access_token": token(),
            "graph_url": f"https://localhost:{port}",
            "ca_bundle": str(issued.ca_path),
        }
        sys.stdout.write(json.dumps(settings) + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
