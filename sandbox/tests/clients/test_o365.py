"""O365 signs in with a secret, and reads users and channels."""

from __future__ import annotations

import pytest

pytest.importorskip("O365", reason="O365 comes with `make clients`")

from O365 import Account
from O365.utils.token import MemoryTokenBackend


@pytest.fixture
def account(facts, pointed_here):
    del pointed_here
    found = Account(
        (facts.client_id, facts.client_secret),
        auth_flow_type="credentials",
        tenant_id=facts.tenant_id,
        token_backend=MemoryTokenBackend(),
        main_resource=facts.user_id,
    )
    assert found.authenticate()
    return found


def test_the_directory(account, expected_rows):
    users = {(user.object_id,) for user in account.directory().get_users(limit=None)}
    assert users == expected_rows("users", "id")


def test_the_channels_of_a_team(account, sandbox):
    for team in sandbox.tenant.teams.values():
        channels = {channel.object_id for channel in account.teams().get_channels(team.id)}
        assert channels == set(team.channels)
