"""The settings: every one of them, once.

The JSON schema for the SDK, the checks, and the tables in the README and in `meltano.yml` all
follow from the fields of `Settings`.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk import typing as th
from singer_sdk.helpers._batch import BatchConfig

from tap_msteams.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLOUDS = {
    "global": ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "usgov": ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "usgov_dod": ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": ("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
}
"""Entra ID and Graph of each cloud. https://learn.microsoft.com/graph/deployments"""

METHODS = {
    "service_principal": (("tenant_id", "client_id", "client_secret"), ()),
    "refresh_token": (("client_id", "refresh_token"), ("tenant_id", "client_secret", "scopes")),
    "managed_identity": ((), ("managed_identity_client_id",)),
}
"""The settings that each way to sign in needs, and those it can use besides."""

ON_ERROR = ("report", "fail_at_end", "fail")

_SHARED_TENANTS = {"common", "organizations", "consumers"}


def setting(  # noqa: PLR0913 - the columns of the settings table
    kind: th.JSONTypeHelper[Any] | type[th.JSONTypeHelper[Any]],
    description: str,
    *,
    default: Any = None,  # noqa: ANN401 - the type is the field's
    choices: tuple[str, ...] | None = None,
    secret: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:  # noqa: ANN401 - a dataclass field
    """Declare one setting: its JSON type, what it does, and what it may be."""
    metadata = {
        "type": kind,
        "description": description,
        "choices": choices,
        "secret": secret,
        "minimum": minimum,
        "maximum": maximum,
    }
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings:
    """What a run was told, checked; attribute names are the keys of the configuration."""

    auth_method: str = setting(
        th.StringType,
        "How to sign in. Inferred when the other settings allow just one way.",
        choices=tuple(METHODS),
    )
    tenant_id: str = setting(th.StringType, "The tenant's GUID or domain.")
    client_id: str = setting(th.StringType, "Application (client) id of the app registration.")
    client_secret: str = setting(
        th.StringType, "Client secret of the app registration.", secret=True
    )
    refresh_token: str = setting(
        th.StringType, "Refresh token of the user to read as.", secret=True
    )
    scopes: list[str] = setting(
        th.ArrayType(th.StringType),
        "Delegated permissions to ask for with a refresh token. "
        "Absent: everything that was consented to (`.default`).",
    )
    managed_identity_client_id: str = setting(
        th.StringType, "Client id of a user-assigned managed identity. Absent: system-assigned."
    )
    cloud: str = setting(
        th.StringType,
        "Which Microsoft cloud the tenant lives in.",
        default="global",
        choices=tuple(CLOUDS),
    )
    graph_url: str = setting(th.StringType, "Origin of Graph, where the cloud's own does not fit.")
    authority_host: str = setting(
        th.StringType, "Origin of Entra ID, where the cloud's own does not fit."
    )
    ca_bundle: str = setting(
        th.StringType, "Path of a PEM file with the certificate authorities to trust."
    )
    user_agent: str = setting(
        th.StringType, "Who operates this tap, added to its user agent (a name or an address)."
    )
    start_date: str = setting(
        th.DateTimeType, "Read what changed since then. Absent: the whole history."
    )
    lookback_minutes: int = setting(
        th.IntegerType,
        "Overlap of an incremental run with the one before, against late arrivals.",
        default=5,
        minimum=0,
        maximum=525_600,  # a year
    )
    on_error: str = setting(
        th.StringType,
        "What to do where something could not be read: go on and exit 0 (`report`), go on and "
        "exit 3 (`fail_at_end`), stop at once (`fail`).",
        default="fail_at_end",
        choices=ON_ERROR,
    )
    concurrency: int = setting(
        th.IntegerType, "Requests in flight.", default=40, minimum=1, maximum=1000
    )
    rate_limit_share: float = setting(
        th.NumberType,
        "Share of Graph's documented rate limits to use; above 1 for raised quotas, "
        "0 for no pacing.",
        default=1.0,
        minimum=0,
    )
    emit_activate_version_messages: bool = setting(
        th.BooleanType,
        "Let the target remove rows that a complete full read no longer has.",
        default=False,
    )

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], known: Mapping[str, Any] | None = None
    ) -> Settings:
        """The settings in a configuration; raises SettingsError with one line per problem."""
        if found := list(problems(config, known)):
            raise SettingsError("\n".join(found))
        given = {
            item.name: _coerce(item.metadata["type"], config[item.name])
            for item in fields(cls)
            if config.get(item.name) is not None
        }
        given["auth_method"] = infer_method(given)
        authority, graph = CLOUDS[given.get("cloud", "global")]
        given["authority_host"] = given.get("authority_host", authority).rstrip("/")
        given["graph_url"] = given.get("graph_url", graph).rstrip("/")
        return cls(**given)

    @property
    def start(self) -> datetime | None:
        """`start_date` as a moment in UTC; None for the whole history."""
        return parse_moment(self.start_date) if self.start_date else None


def json_schema() -> dict[str, Any]:
    """The settings as the JSON schema that the SDK shows in `--about`."""
    return th.PropertiesList(
        *(
            th.Property(
                item.name,
                item.metadata["type"],
                description=item.metadata["description"],
                allowed_values=item.metadata["choices"] and list(item.metadata["choices"]),
                secret=item.metadata["secret"],
                default=None if item.default is MISSING else item.default,
            )
            for item in fields(Settings)
        )
    ).to_dict()


def parse_moment(text: str) -> datetime:
    """A moment in ISO 8601; taken as UTC where it names no zone."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def env_name(key: str) -> str:
    """The environment variable of a setting."""
    return f"TAP_MSTEAMS_{key.upper()}"


def infer_method(config: Mapping[str, Any]) -> str | None:
    """The way to sign in: the one named, or the only one that the settings given allow."""
    if named := config.get("auth_method"):
        return str(named)
    if config.get("refresh_token"):
        return None if config.get("managed_identity_client_id") else "refresh_token"
    if config.get("managed_identity_client_id"):
        return None if config.get("client_secret") else "managed_identity"
    return "service_principal" if config.get("client_secret") else None


def problems(config: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> Iterator[str]:
    """One line for each thing wrong with a configuration; never a value that may be secret.

    `known` are further properties that are allowed, the SDK's own.
    """
    table = {item.name: item for item in fields(Settings)}
    allowed = {*table, *(known or {})}
    for key in config:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "see `tap-msteams --about`"
            yield f"there is no setting '{key}': {hint}"
    for key, value in config.items():
        if key in table and value is not None:
            yield from _wrong_value(key, value, table[key].metadata)
        elif known and key in known and key not in table:
            yield from _wrong_for_the_sdk(key, value, known[key])
    yield from _wrong_sign_in(config)


def _wrong_value(key: str, value: object, rule: Mapping[str, Any]) -> Iterator[str]:
    where = f"'{key}' (env {env_name(key)})"
    kind = rule["type"]
    expected = {
        th.StringType: str,
        th.DateTimeType: str,
        th.IntegerType: int,
        th.NumberType: float,
        th.BooleanType: bool,
    }.get(kind, list)
    try:
        value = _coerce(kind, value)
    except (TypeError, ValueError):
        value = None
    if not _fits(value, expected):
        name = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
        yield f"{where} must be {name.get(expected, 'a list of texts')}"
        return
    if rule["choices"] and value not in rule["choices"]:
        yield f"{where} must be one of {', '.join(rule['choices'])}"
    if rule["minimum"] is not None and value < rule["minimum"]:
        yield f"{where} must be at least {rule['minimum']}"
    if rule["maximum"] is not None and value > rule["maximum"]:
        yield f"{where} must be at most {rule['maximum']}"
    if kind is th.DateTimeType and not _is_moment(str(value)):
        yield f"{where} must be a date like 2026-01-31 or 2026-01-31T00:00:00Z"
    if key in {"graph_url", "authority_host"} and not _is_origin(str(value)):
        yield f"{where} must be an origin like https://graph.microsoft.com"
    if key == "user_agent" and not re.fullmatch(r"[ -~]*", str(value)):
        yield f"{where} must be of plain ASCII letters: it goes into an HTTP header"


def _wrong_for_the_sdk(
    key: str,
    value: Any,  # noqa: ANN401 - whatever the configuration holds
    schema: Mapping[str, Any],
) -> Iterator[str]:
    # The SDK checks its stream maps itself, and its schema of them is no valid one.
    rule = {"type": schema["type"]} if key == "stream_maps" else dict(schema)
    errors = list(th.DEFAULT_JSONSCHEMA_VALIDATOR(rule).iter_errors(value))
    for error in errors:
        where = ".".join(str(part) for part in (key, *error.path))
        yield f"'{where}' (env {env_name(key)}) needs {error.validator} {error.validator_value}"
    if key == "batch_config" and value and not errors:
        try:
            BatchConfig.from_dict(dict(value))
        except TypeError as problem:
            yield f"'{key}' (env {env_name(key)}) is not what the SDK takes: {problem}"


def _fits(value: object, kind: type) -> bool:
    """Whether a value is of a type; for numbers and lists as JSON has them."""
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, float):
        return kind is float and math.isfinite(value)
    if isinstance(value, list):
        return kind is list and all(isinstance(item, str) for item in value)
    return isinstance(value, kind)


def _wrong_sign_in(config: Mapping[str, Any]) -> Iterator[str]:
    given = {key for key, value in config.items() if value not in (None, "", [])}
    method = infer_method({key: config[key] for key in given})
    if method is None:
        yield (
            "'auth_method' (env TAP_MSTEAMS_AUTH_METHOD) is missing: set it to one of "
            f"{', '.join(METHODS)}"
        )
        return
    if method not in METHODS:
        return
    needed, optional = METHODS[method]
    for key in needed:
        if key not in given:
            yield f"auth_method '{method}' needs '{key}' (env {env_name(key)})"
    credentials = {key for required, extra in METHODS.values() for key in (*required, *extra)}
    # Ids may stand in a shared configuration; a second credential is a contradiction.
    foreign = given & credentials - {*needed, *optional} - {"tenant_id", "client_id"}
    for key in sorted(foreign):
        yield f"auth_method '{method}' does not use '{key}': remove it or change 'auth_method'"
    tenant = str(config.get("tenant_id") or "").lower()
    if method == "service_principal" and tenant in _SHARED_TENANTS:
        yield f"'tenant_id' must be the tenant's GUID or domain for an application, not '{tenant}'"


def _coerce(kind: object, value: Any) -> Any:  # noqa: ANN401 - whatever the configuration holds
    """A value as its type wants it; the environment has only texts."""
    if kind is th.NumberType and not isinstance(value, bool):
        return float(value)
    if kind is th.IntegerType and isinstance(value, str):
        return int(value)
    return value


def _is_moment(text: str) -> bool:
    try:
        parse_moment(text)
    except (OverflowError, ValueError):
        return False
    return True


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and bool(parts.hostname)
        and not re.search(r"[@\\\s]", parts.netloc)
        and parts.path in {"", "/"}
        and not (parts.query or parts.fragment)
    )
