"""The facts of a sandbox as settings of the tap.

The sandbox is a distribution of its own, which knows no connector: it finds `environment` by an
entry point. https://packaging.python.org/specifications/entry-points/
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_msteams.settings import env_name

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACES = ("graph_url", "authority_host", "ca_bundle")
APPLICATION = ("tenant_id", "client_id")

SETTINGS: dict[str, tuple[str, ...]] = {
    "service_principal": (*APPLICATION, "client_secret"),
    "certificate": (*APPLICATION, "client_certificate_path"),
    "subject_name": (*APPLICATION, "client_certificate_path", "send_certificate_chain"),
    "refresh_token": (*APPLICATION, "client_secret", "refresh_token"),
    "public_client": APPLICATION,
    "managed_identity": (),
    "workload_identity": (*APPLICATION, "federated_token_file"),
    "access_token": ("access_token",),
    "azure_cli": (),
    "nango": ("nango_host", "nango_secret_key", "nango_connection_id", "nango_integration_id"),
}
"""The settings of each way of signing in."""

METHODS = {
    "certificate": "service_principal",
    "subject_name": "service_principal",
    "public_client": "refresh_token",
}
"""The tap's `auth_method` for varieties of another way of signing in."""


def settings(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration for the way of signing in that was chosen for the sandbox."""
    way = facts["auth"]
    values = dict(facts)
    if way == "subject_name":
        values |= {
            "client_certificate_path": facts["subject_certificate_path"],
            "send_certificate_chain": True,
        }
    if way == "public_client":
        values["client_id"] = facts["public_client_id"]
    chosen = {key: values[key] for key in (*PLACES, *SETTINGS[way])}
    return {"auth_method": METHODS.get(way, way), **chosen}


def environment(facts: Mapping[str, Any]) -> dict[str, str]:
    """The settings as environment variables, with a token store for this sandbox alone."""
    # A later sandbox may listen at the same port, and does not know these tokens.
    store = str(Path(facts["directory"]) / "tokens.json")
    return {
        env_name(key): value if isinstance(value, str) else json.dumps(value)
        for key, value in {**settings(facts), "token_cache_path": store}.items()
    }
