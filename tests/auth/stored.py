"""A token store to test, and what goes into it."""

from __future__ import annotations

import os

import pytest

from tap_msteams.auth.store import TokenStore

APP = "login.microsoftonline.com/contoso/app"
SCOPES = ["Team.ReadBasic.All"]
NOW = 1_790_000_000.0

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions and folders")


def answer(number, **more):
    return {
        "access_token": f"access {number}",
        "refresh_token": f"refresh {number}",
        "expires_in": 3600,
        **more,
    }


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "tokens.json"


@pytest.fixture
def store(path):
    return TokenStore(path, APP, clock=lambda: NOW)


def kept(store):
    with store.locked() as entry:
        return entry
