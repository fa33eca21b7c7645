"""Signing in: from settings to the Authorization header of each request to Graph."""

from __future__ import annotations

from tap_msteams.auth.authenticator import GraphAuthenticator

__all__ = ["GraphAuthenticator"]
