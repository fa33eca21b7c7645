"""What can go wrong on this side of Graph: the words in the log, the reason and the remedy."""

from __future__ import annotations

from dataclasses import dataclass

from tap_msteams.advice import DOCTOR, UNMATCHED


@dataclass(frozen=True)
class Mistake:
    """One thing that can go wrong."""

    sign: str
    """The words in the log."""
    cause: str
    remedy: str
    more: str
    """Where to see more."""


NETWORK = (
    Mistake(
        "cannot be resolved",
        "The name of the server or the proxy is not known here: no network, no DNS, or a typing "
        "error in an address.",
        "check the network, then 'graph_url', 'authority_host' and 'proxy_url'",
        DOCTOR,
    ),
    Mistake(
        "no answer in ",
        "A firewall drops the connection, or the proxy is slow.",
        "have the network let this machine reach Entra ID and Graph, or set 'proxy_url'; raise "
        "'connect_timeout' or 'request_timeout' where the way is slow",
        DOCTOR,
    ),
    Mistake(
        "is not trusted",
        "A proxy of your company inspects TLS, with a certificate authority of its own.",
        "set 'ca_bundle' to a PEM file with that authority, or to `system`",
        DOCTOR,
    ),
    Mistake(
        "has expired: check the clock",
        "The clock of this machine is wrong, or the server's certificate really has expired.",
        "set the clock of this machine",
        DOCTOR,
    ),
    Mistake(
        "does not take this user",
        "The proxy wants another user or password.",
        "check 'proxy_username' and 'proxy_password'",
        DOCTOR,
    ),
    Mistake(
        "does not let this tap through",
        "The proxy forbids the address.",
        "have it allowed there, or set 'no_proxy'",
        DOCTOR,
    ),
    Mistake(
        "its certificate is another than the pinned one",
        "The server has a new certificate, or another server answers.",
        "ask its operator, then set 'certificate_fingerprint' to the new one",
        DOCTOR,
    ),
)
"""Failures between this machine and Microsoft."""

CONFIGURATION = (
    Mistake(
        "there is no setting ",
        "A key of the configuration is misspelt.",
        "use the name that the line suggests",
        "`tap-msteams --about --format markdown`",
    ),
    Mistake(
        "is missing: set it to one of ",
        "Nothing says how to sign in.",
        "set 'auth_method', or the settings of one way to sign in",
        "`tap-msteams --about --format markdown`",
    ),
    Mistake(
        "belong to different ways to sign in",
        "Credentials of two ways to sign in are set.",
        "remove all but one, or set 'auth_method'",
        "`tap-msteams --about --format markdown`",
    ),
    Mistake(
        "nobody has signed in yet",
        "The token store holds no token for this app registration and this user.",
        "run `tap-msteams login`, or `tap-msteams login --device-code` without a browser",
        DOCTOR,
    ),
    Mistake(
        "nothing is called ",
        "An entry of 'teams', 'channels' or 'users' fits nothing that Graph lists.",
        UNMATCHED,
        "the streams `teams`, `channels` and `users`",
    ),
)
"""Mistakes in the configuration."""

STATE = (
    Mistake(
        "the state is no Singer state",
        "The file is not the `value` of a STATE message.",
        "pass the last STATE of a run, or none for a full read",
        "`meltano state get`",
    ),
    Mistake(
        "the catalog selects a stream ",
        "The catalog is of another version of this tap.",
        "write a new one with `--discover`",
        "`tap-msteams --discover`",
    ),
    Mistake(
        "Graph has forgotten what changed since",
        "The last run was too long ago.",
        "run it more often; this time everything is read",
        "the line in the log that names the stream and the parent",
    ),
    Mistake(
        "so that deletions before that can no longer be seen",
        "The last run was more than 21 days ago, and Graph shows a deleted message for 21 days.",
        "run it more often; remove the bookmark of the stream from the state to read all again",
        "`meltano state get`",
    ),
)
"""Problems of STATE."""
