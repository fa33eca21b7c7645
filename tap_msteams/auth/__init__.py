"""Signing in: from settings to the Authorization header of each request to Graph."""

from __future__ import annotations

from tap_msteams.auth.authenticator import GraphAuthenticator, origin_of

__all__ = ["GraphAuthenticator", "origin_of"]
