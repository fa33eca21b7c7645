"""Settings by topic, the required ones first."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from docs.computed import settings
from docs.computed.markdown import grid
from tap_msteams.settings import RULES


@dataclass(frozen=True)
class Topic:
    """Settings that belong together, with an example."""

    title: str
    about: str
    names: tuple[str, ...]
    example: dict[str, Any] = field(default_factory=dict)


TOPICS = (
    Topic(
        "Required",
        "One way to sign in. These three are the usual one, an application with a secret; "
        "[Sign in](sign-in.md) has the others.",
        ("tenant_id", "client_id", "client_secret", "auth_method"),
        {
            "tenant_id": "contoso.onmicrosoft.com",
            "client_id": "11111111-2222-3333-4444-555555555555",
            "client_secret": "the-value-of-the-secret",
        },
    ),
    Topic(
        "What is read",
        "Streams and columns are selected in the catalog; these settings choose records within "
        "them ([Running it](running.md#choosing-what-is-read)).",
        (
            "start_date",
            "end_date",
            "teams",
            "channels",
            "users",
            "membership_types",
            "archived_teams",
            "retained_messages",
            "acts_as_user_id",
            "body_text",
        ),
        {"start_date": "2026-01-01", "teams": ["Sales*", "!Sales Archive"]},
    ),
    Topic(
        "Privacy",
        "They apply to all streams, before a record leaves the tap "
        "([Permissions and privacy](permissions.md#what-leaves-the-tap)).",
        ("message_content", "people", "people_key", "guests"),
        {"message_content": "drop", "people": "hash", "people_key": "16 random characters"},
    ),
    Topic(
        "Gaps and deletions",
        "[How it behaves](behaviour.md) explains gaps, bookmarks and deletions.",
        ("on_error", "lookback_minutes", "emit_activate_version_messages"),
        {"on_error": "report", "emit_activate_version_messages": True},
    ),
    Topic(
        "Speed and limits",
        "The defaults fill Graph's limits; change them where another program shares the app "
        "registration, or where several processes read one tenant "
        "([Running it](running.md#more-than-one-process)).",
        (
            "rate_limit_share",
            "rate_limit_shares",
            "licenses",
            "concurrency",
            "shards",
            "shard",
            "shards_share_limits",
            "user_agent",
        ),
        {"rate_limit_share": 0.5, "rate_limit_shares": ["files=1"], "licenses": 20000},
    ),
    Topic(
        "Sign-in with a certificate",
        "[Certificate](sign-in.md#certificate) has the steps.",
        (
            "client_certificate_path",
            "client_certificate",
            "client_certificate_password",
            "send_certificate_chain",
        ),
        {"client_certificate_path": "/etc/tap-msteams/app.pem"},
    ),
    Topic(
        "Sign-in without a secret",
        "[Workload identity federation](sign-in.md#workload-identity-federation) and "
        "[managed identity](sign-in.md#managed-identity) have the steps.",
        (
            "federated_token_file",
            "managed_identity_client_id",
            "managed_identity_object_id",
            "managed_identity_resource_id",
        ),
        {"auth_method": "managed_identity"},
    ),
    Topic(
        "Sign-in as a user",
        "[A user](sign-in.md#a-user) and [the token store](sign-in.md#the-token-store) have the "
        "steps.",
        (
            "refresh_token",
            "oauth_verifier",
            "redirect_uri",
            "scopes",
            "initiate_oauth",
            "access_token",
            "token_cache_path",
            "token_cache_encryption",
            "token_cache_passphrase",
        ),
        {"auth_method": "refresh_token", "scopes": ["ChannelMessage.Read.All"]},
    ),
    Topic(
        "Sign-in through Nango",
        "[Nango](sign-in.md#nango) has the steps.",
        (
            "nango_secret_key",
            "nango_connection_id",
            "nango_integration_id",
            "nango_host",
            "nango_mode",
        ),
        {
            "nango_secret_key": "the-key-of-the-environment",
            "nango_connection_id": "teams",
            "nango_integration_id": "microsoft-teams",
        },
    ),
    Topic(
        "Clouds, proxies and certificates",
        "[Networks](network.md) has an example of each.",
        (
            "cloud",
            "graph_url",
            "authority_host",
            "proxy_url",
            "proxy_username",
            "proxy_password",
            "no_proxy",
            "ca_bundle",
            "certificate_fingerprint",
            "tls_verify",
            "connect_timeout",
            "request_timeout",
        ),
        {"proxy_url": "http://proxy.example:8080", "ca_bundle": "system"},
    ),
    Topic(
        "Logs",
        "[Running it](running.md#logs) has a log in JSON.",
        ("verbosity", "log_file"),
        {"verbosity": "debug", "log_file": "/var/log/tap-msteams.log"},
    ),
)
"""All settings."""


def page() -> str:
    """A section for each topic, with its settings and an example."""
    known = RULES
    parts = []
    for topic in TOPICS:
        found = [settings.row(known[name]) for name in topic.names]
        example = json.dumps(topic.example, indent=2)
        parts.append(
            f"## {topic.title}\n\n{topic.about}\n\n{grid(settings.HEADS, found)}\n\n"
            f"```json\n{example}\n```"
        )
    return "\n\n".join(parts)
