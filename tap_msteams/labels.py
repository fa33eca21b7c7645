"""Labels: the names of settings in messages to people."""

from __future__ import annotations


def env_name(key: str) -> str:
    """The environment variable of a setting."""
    return f"TAP_MSTEAMS_{key.upper()}"


def label(key: str) -> str:
    """The name of a setting and of its environment variable."""
    return f"'{key}' (env {env_name(key)})"
