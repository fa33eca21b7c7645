"""Environment: the variables of a command that uses the sandbox.

Besides the facts under names of their own, and those that Azure's libraries know, every installed
connector may add its own: its entry point in the group `tap_msteams_sandbox.environment` is called
with the facts and returns variables.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams_sandbox.facts import Facts

GROUP = "tap_msteams_sandbox.environment"
PREFIX = "MSTEAMS_SANDBOX_"


def environment(facts: Facts, machine: Mapping[str, str]) -> dict[str, str]:
    """Return all variables; `machine` has those of the host that the command seems to run on."""
    document = msgspec.to_builtins(facts)
    variables = {f"{PREFIX}{name.upper()}": str(value) for name, value in document.items()}
    # Node.js trusts this one beside its own; other programs would trust nothing else.
    variables["NODE_EXTRA_CA_CERTS"] = facts.ca_bundle
    variables |= azure(facts) | dict(machine)
    for connector in sorted(entry_points(group=GROUP), key=lambda it: it.name):
        variables |= connector.load()(document)
    return variables


def azure(facts: Facts) -> dict[str, str]:
    """Return the variables that Azure's libraries read for the way of signing in.

    https://learn.microsoft.com/en-us/python/api/azure-identity/azure.identity.environmentcredential
    """
    known = {
        "AZURE_AUTHORITY_HOST": facts.authority_host,
        "AZURE_TENANT_ID": facts.tenant_id,
        "AZURE_CLIENT_ID": facts.client_id,
    }
    match facts.auth:
        case "service_principal" | "refresh_token":
            return {**known, "AZURE_CLIENT_SECRET": facts.client_secret}
        case "certificate":
            return {**known, "AZURE_CLIENT_CERTIFICATE_PATH": facts.client_certificate_path}
        case "subject_name":
            path = facts.subject_certificate_path
            chain = {"AZURE_CLIENT_SEND_CERTIFICATE_CHAIN": "true"}
            return {**known, "AZURE_CLIENT_CERTIFICATE_PATH": path, **chain}
        case "workload_identity":
            return {**known, "AZURE_FEDERATED_TOKEN_FILE": facts.federated_token_file}
        case "public_client":
            return {**known, "AZURE_CLIENT_ID": facts.public_client_id}
    return {}
