"""Microsoft's SDK for Python reads the tenant, and its typed models have every key of each row."""

from __future__ import annotations

import asyncio
import importlib

import pytest

pytest.importorskip("msgraph", reason="msgraph-sdk comes with `make clients`")

import httpx
from azure.identity import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from kiota_serialization_json.json_parse_node import JsonParseNode
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_core import GraphClientFactory, PageIterator

MODELS = {
    "users": "user.User",
    "presence": "presence.Presence",
    "groups": "group.Group",
    "teams": "team.Team",
    "channels": "channel.Channel",
    "members": "aad_user_conversation_member.AadUserConversationMember",
    "messages": "chat_message.ChatMessage",
    "chats": "chat.Chat",
    "chat_messages": "chat_message.ChatMessage",
    "tabs": "teams_tab.TeamsTab",
    "tags": "teamwork_tag.TeamworkTag",
    "drives": "drive.Drive",
    "drive_items": "drive_item.DriveItem",
    "shifts": "shift.Shift",
    "transcripts": "call_transcript.CallTranscript",
    "recordings": "call_recording.CallRecording",
    "attendance_records": "attendance_record.AttendanceRecord",
    "call_records": "call_records.call_record.CallRecord",
    "posts": "post.Post",
}

# Graph sends them, and its metadata does not declare them: identity sets and the configuration of
# a tab are open types.
UNDECLARED = {
    *("tenantId", "storagePlanInformation", "isMembershipLimitedToOwners"),
    *("acsUser", "email", "group", "guest", "phone", "spoolUser"),
    *("dateAdded", "hasContent", "wikiDefaultTab", "wikiTabId"),
}

# The SDK's own generated code.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated"),
    pytest.mark.filterwarnings("ignore:This class is deprecated"),
]


@pytest.fixture
def run(facts):
    """Runs a function with a client that is signed in with a secret."""
    credential = ClientSecretCredential(
        facts.tenant_id,
        facts.client_id,
        facts.client_secret,
        authority=facts.authority_host,
        disable_instance_discovery=True,
    )
    provider = AzureIdentityAuthenticationProvider(
        credential, scopes=["https://graph.microsoft.com/.default"], allowed_hosts=["localhost"]
    )

    async def opened(use):
        async with httpx.AsyncClient(base_url=f"{facts.graph_url}/v1.0") as plain:
            sender = GraphClientFactory.create_with_default_middleware(client=plain)
            adapter = GraphRequestAdapter(provider, client=sender)
            adapter.base_url = f"{facts.graph_url}/v1.0"
            return await use(GraphServiceClient(request_adapter=adapter))

    return lambda use: asyncio.run(opened(use))


async def all_of(client, builder):
    first = await builder.get()
    rows = []

    def take(row):
        rows.append(row)
        return True

    await PageIterator(first, client.request_adapter).iterate(take)
    return rows


def test_lists_are_read_whole_page_by_page(run, sandbox, expected_rows):
    async def read(client):
        teams = await all_of(client, client.teams)
        users = await all_of(client, client.users)
        messages = []
        for team in teams:
            below = client.teams.by_team_id(team.id).channels
            messages += await all_of(client, below.get_all_messages)
        return teams, users, messages

    teams, users, messages = run(read)
    assert {(it.id,) for it in teams} == expected_rows("teams", "id")
    assert {(it.id,) for it in users} == expected_rows("users", "id")
    assert {(it.channel_identity.channel_id, it.id) for it in messages} == {
        (row["channelIdentity"]["channelId"], row["id"]) for row in expected_rows("messages")
    }
    assert sandbox.count()["GET /teams/{id}/channels/getAllMessages"] > len(teams)


def test_refusals_are_errors_with_graphs_code(run):
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(ODataError) as caught:
        run(lambda client: client.teams.by_team_id(nobody).get())
    assert caught.value.error.code == "NotFound"


@pytest.mark.parametrize("collection", MODELS)
def test_every_key_of_a_row_is_a_property_of_the_typed_model(expected_rows, collection):
    rows = expected_rows(collection)
    module, _, name = MODELS[collection].rpartition(".")
    model = getattr(importlib.import_module(f"msgraph.generated.models.{module}"), name)
    assert rows
    for row in rows:
        found = JsonParseNode(row).get_object_value(model)
        strange = set(unknown(found)) - UNDECLARED
        # The rows name what they are below.
        assert {it for it in strange if not (it.endswith("Id") and it in row)} == set(), row


def unknown(model):
    """The keys that a model, or one below it, has no property for."""
    for name, value in vars(model).items():
        if name == "additional_data":
            yield from (key for key in value if "@" not in key)
        for item in value if isinstance(value, list) else [value]:
            if hasattr(item, "additional_data"):
                yield from unknown(item)
