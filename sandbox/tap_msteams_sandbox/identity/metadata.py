"""Metadata: what a directory publishes of its endpoints, keys and clouds.

https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document
https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from tap_msteams_sandbox.identity import keys
from tap_msteams_sandbox.identity.aadsts import Refusal
from tap_msteams_sandbox.identity.authority import SHARED_TENANTS

if TYPE_CHECKING:
    from tap_msteams_sandbox.identity.authority import Authority


def routes(authority: Authority) -> list[web.RouteDef]:
    """The documents of an authority."""
    return [
        web.get("/{tenant}/v2.0/.well-known/openid-configuration", partial(_openid, authority)),
        web.get("/{tenant}/discovery/v2.0/keys", partial(_keys, authority)),
        web.get("/{tenant}/discovery/instance", partial(_instance, authority)),
    ]


async def _openid(authority: Authority, request: web.Request) -> web.Response:
    named = request.match_info["tenant"]
    try:
        tenant = authority.tenant(named)
    except Refusal as refused:
        return authority.refuse(request, refused)
    origin = str(request.url.origin())
    below = f"{origin}/{named if named in SHARED_TENANTS else tenant}"
    graph = authority.resource or "https://graph.microsoft.com"
    return web.json_response(
        {
            "token_endpoint": f"{below}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            "jwks_uri": f"{below}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{origin}/{tenant}/v2.0",
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"{graph}/oidc/userinfo",
            "authorization_endpoint": f"{below}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{below}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{below}/oauth2/v2.0/logout",
            "claims_supported": _CLAIMS,
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": urlsplit(graph).netloc,
            "rbac_url": "https://pas.windows.net",
        },
    )


_CLAIMS = [
    "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
    "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name",
    "tid", "ver", "at_hash", "c_hash", "email",
]  # fmt: skip


async def _keys(authority: Authority, request: web.Request) -> web.Response:
    """The keys that tokens are signed with."""
    try:
        tenant = authority.tenant(request.match_info["tenant"])
    except Refusal as refused:
        return authority.refuse(request, refused)
    issuer = f"{request.url.origin()}/{tenant}/v2.0"
    return web.json_response({"keys": [keys.published(authority.certificate) | {"issuer": issuer}]})


async def _instance(authority: Authority, request: web.Request) -> web.Response:
    """What MSAL asks the first authority that it meets: which names one cloud has.

    https://learn.microsoft.com/en-us/entra/msal/python/advanced/instance-discovery
    """
    origin = request.url.origin()
    asked = urlsplit(request.query.get("authorization_endpoint", ""))
    if (asked.scheme, asked.netloc) != (origin.scheme, request.host):
        refusal = Refusal(50049, got=asked.geturl())
        return authority.refuse(request, refusal)
    tenant = asked.path.strip("/").partition("/")[0]
    name = request.host
    return web.json_response(
        {
            "tenant_discovery_endpoint": f"{origin}/{tenant}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": name, "preferred_cache": name, "aliases": [name]}],
        }
    )
