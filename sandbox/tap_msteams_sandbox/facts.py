"""Facts: addresses, ids and secrets of a sandbox."""

from __future__ import annotations

from typing import Annotated, Literal, get_args, get_type_hints

import msgspec

AuthMethod = Literal[
    "service_principal",
    "certificate",
    "subject_name",
    "refresh_token",
    "public_client",
    "managed_identity",
    "workload_identity",
    "access_token",
    "azure_cli",
    "nango",
]
AUTH_METHODS: tuple[AuthMethod, ...] = get_args(AuthMethod)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a client needs; the secrets are throw-aways."""

    auth: Annotated[AuthMethod, msgspec.Meta(description="The way of signing in that was chosen.")]
    graph_url: Annotated[str, msgspec.Meta(description="Origin of Graph.")]
    authority_host: Annotated[str, msgspec.Meta(description="Origin of Entra ID.")]
    imds_url: Annotated[
        str, msgspec.Meta(description="Origin of the metadata service of an Azure machine.")
    ]
    ca_bundle: Annotated[
        str, msgspec.Meta(description="PEM file of the authority behind all certificates.")
    ]
    fingerprint: Annotated[
        str, msgspec.Meta(description="SHA-256 of the servers' certificate, in hexadecimal.")
    ]
    directory: Annotated[
        str, msgspec.Meta(description="Folder for files of a client; it goes with the sandbox.")
    ]
    tenant_id: Annotated[str, msgspec.Meta(description="The tenant.")]
    tenant_domain: Annotated[str, msgspec.Meta(description="The tenant's initial domain.")]
    client_id: Annotated[
        str, msgspec.Meta(description="An application with credentials, for itself or for users.")
    ]
    client_secret: Annotated[str, msgspec.Meta(description="Its secret.")]
    client_certificate_path: Annotated[
        str, msgspec.Meta(description="PEM file with a certificate registered for it, and the key.")
    ]
    subject_certificate_path: Annotated[
        str,
        msgspec.Meta(description="The same for a certificate that is trusted by name and issuer."),
    ]
    federated_token_file: Annotated[
        str, msgspec.Meta(description="A Kubernetes token that stands for the application.")
    ]
    public_client_id: Annotated[
        str, msgspec.Meta(description="An application without credentials, for users.")
    ]
    managed_identity_client_id: Annotated[
        str, msgspec.Meta(description="The user-assigned identity of the machine.")
    ]
    user_id: Annotated[str, msgspec.Meta(description="A user who is an administrator.")]
    user_principal_name: Annotated[str, msgspec.Meta(description="The name to sign in with.")]
    user_password: Annotated[
        str, msgspec.Meta(description="The password, for programs that ask for it (ROPC).")
    ]
    refresh_token: Annotated[str, msgspec.Meta(description="A refresh token of that user.")]
    access_token: Annotated[
        str, msgspec.Meta(description="An access token of that user, good for an hour.")
    ]
    colleague_id: Annotated[str, msgspec.Meta(description="A user without administrator's rights.")]
    colleague_principal_name: Annotated[str, msgspec.Meta(description="The name to sign in with.")]
    colleague_refresh_token: Annotated[
        str, msgspec.Meta(description="A refresh token of the colleague.")
    ]
    nango_host: Annotated[str, msgspec.Meta(description="Origin of a Nango.")]
    nango_secret_key: Annotated[str, msgspec.Meta(description="The key of its environment.")]
    nango_connection_id: Annotated[str, msgspec.Meta(description="The user's connection.")]
    nango_integration_id: Annotated[str, msgspec.Meta(description="The connection's integration.")]


def descriptions() -> dict[str, str]:
    """Return the description of each fact."""
    hints = get_type_hints(Facts, include_extras=True)
    return {name: hints[name].__metadata__[0].description for name in Facts.__struct_fields__}
