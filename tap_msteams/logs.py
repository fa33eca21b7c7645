"""Logs: their level, their file, and the secrets that are kept out of them."""

from __future__ import annotations

import atexit
import contextlib
import copy
import json
import logging
import os
import re
import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from singer_sdk.logging import ConsoleFormatter
from typing_extensions import override
from urllib3.exceptions import InsecureRequestWarning

from tap_msteams.errors import visible
from tap_msteams.settings import RULES, label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

LEVELS = {"warning": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG}

HIDDEN = "***"

_SHORTEST = 4
"""Length of the shortest secret that is hidden: shorter ones are part of many words."""

_NAMES = (
    "access_token|refresh_token|id_token|client_secret|client_assertion|assertion|code_verifier"
    "|device_code|password"
)

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # A form or a query. `code` also means an error or an exit, in a few letters.
    (re.compile(rf"(?i)(\b(?:{_NAMES})=)[^&\s\"'\\<>]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)(\b(?:code|sig|token)=)[^&\s\"'\\<>]{16,}"), rf"\1{HIDDEN}"),
    # JSON or the repr of a dict, which may itself stand in a JSON text.
    (
        re.compile(rf"(?i)(\\?[\"'](?:{_NAMES})\\?[\"']\s*:\s*\\?[\"'])[^\"'\\]+"),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(r"(?i)(authorization\\?[\"']?\s*[:=]\s*\\?[\"']?\w+\s+)[^\s\"'\\]+"),
        rf"\1{HIDDEN}",
    ),
    # In prose these are followed by shorter words.
    (re.compile(r"(?i)\b(bearer|basic)(\s+)[\w.~+/-]{16,}=*"), rf"\1\2{HIDDEN}"),
    # A JSON Web Token, signed or encrypted. What looks like the beginning of one within another is
    # none: without that a text full of them takes as long as its length squared.
    (re.compile(r"(?<![\w-])eyJ[\w-]++(?:\.[\w-]*+)++"), HIDDEN),
    # Refresh tokens and authorization codes of Entra ID.
    (re.compile(r"\b[01]\.A[\w-]{40,}(?:\.[\w-]+)*"), HIDDEN),
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)"), rf"\1{HIDDEN}"),
    (
        re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|\Z)", re.DOTALL),
        rf"\1{HIDDEN}\2",
    ),
)
"""Patterns of secrets; a backslash ends a value, since in JSON it quotes the end."""

_LOGGER = logging.getLogger(__name__)

_NARRATED = {"Parsing env var for settings config...", "Skipping parse of env var settings..."}
"""What the SDK logs of each configuration, in the name of the tap."""


class _Secrets:
    """The secrets that this process knows, and the pattern that finds them."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def add(self, secret: str) -> None:
        with self._lock:
            if secret in self._forms or len(secret) < _SHORTEST:
                return
            self._forms.update(_forms(secret))
            # The longest first: one may be the beginning of another.
            alternatives = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, alternatives)))

    def hide(self, text: str) -> str:
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


_SECRETS = _Secrets()


def hide(*secrets: str | None) -> None:
    """Hide these secrets in the log from now on."""
    for secret in secrets:
        if secret:
            _SECRETS.add(secret)


def redact(text: str) -> str:
    """The text without known secrets and without what looks like one."""
    text = _SECRETS.hide(text)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


class RedactingFormatter(logging.Formatter):
    """A formatter that redacts another one's text, tracebacks included.

    What does not belong into a line of its own is escaped.
    """

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    @override
    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if (shown := visible(text)) != text:
            record = copy.copy(record)  # as it is otherwise: some formatters look at its arguments
            record.msg, record.args = shown, None
        lines = redact(self._inner.format(record)).split("\n")
        return "\n".join(map(visible, lines))


class LogFile(logging.FileHandler):
    """A log file that is dropped once it cannot be written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self.setFormatter(RedactingFormatter(ConsoleFormatter()))
        self._path = path
        self._full = False

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if not self._full:
            super().emit(record)

    @override
    def close(self) -> None:
        # The rest cannot be written either, which has been logged.
        with contextlib.suppress(OSError):
            super().close()

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        problem = sys.exception()
        if not isinstance(problem, OSError):
            super().handleError(record)
            return
        self._full = True
        _say_unwritable(self._path, problem)


def install() -> None:
    """Keep secrets out of the log of this process; call after the SDK has set it up."""
    guard()
    logging.getLogger("singer_sdk.configuration").setLevel(logging.WARNING)
    logging.getLogger("tap-msteams").addFilter(_is_news)
    atexit.register(_let_go_of_stderr)
    sys.excepthook = _uncaught
    threading.excepthook = lambda it: _uncaught(it.exc_type, it.exc_value, it.exc_traceback)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line says something that concerns this run."""
    return record.msg not in _NARRATED


def _let_go_of_stderr() -> None:
    """Drop what stderr cannot take, since Python would otherwise end with exit code 120."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def handlers() -> set[logging.Handler]:
    """The handlers of all loggers."""
    loggers = (logging.root, *logging.root.manager.loggerDict.values())
    return {it for logger in loggers for it in getattr(logger, "handlers", ())}


def guard(*, hides_people: bool = False) -> None:
    """Keep secrets out of all present handlers' output, and URLs with ids of people on demand."""
    for handler in handlers():
        inner = handler.formatter
        if not isinstance(inner, RedactingFormatter):
            handler.setFormatter(RedactingFormatter(inner or logging.Formatter()))
    # At DEBUG it would log authorization codes and their verifiers.
    msal = logging.getLogger("msal")
    msal.setLevel(max(msal.level, logging.INFO))
    # It warns of each connection that is tried again; the tap logs the result itself.
    urllib3 = logging.getLogger("urllib3")
    if urllib3.level in {logging.NOTSET, logging.ERROR}:
        debugging = logging.root.level == logging.DEBUG
        urllib3.setLevel(logging.NOTSET if debugging else logging.ERROR)
    if hides_people:
        # At DEBUG it logs URLs, which contain ids of people.
        urllib3.setLevel(max(urllib3.level, logging.INFO))
    # A context that verifies nothing has checked a pin itself, or its user was warned.
    warnings.filterwarnings("ignore", category=InsecureRequestWarning)


def configure(config: Mapping[str, Any]) -> None:
    """Apply the settings of a configuration, which may be unchecked."""
    hide(*_secrets_in(config))
    level = LEVELS.get(str(config.get("verbosity")))
    if level is not None:
        logging.root.setLevel(level)
    # Figures for machines: whoever reads the log as text has them in the summary.
    measured = level == logging.DEBUG or bool(os.environ.get("SINGER_SDK_LOG_CONFIG"))
    if not measured:
        logging.getLogger("singer_sdk.metrics").setLevel(logging.WARNING)
    elif level is not None:
        logging.getLogger("singer_sdk.metrics").setLevel(level)
    _open(config.get("log_file"))
    guard(hides_people=config.get("people") == "hash")


def _open(given: object) -> None:
    """Write the log to this file, too, instead of a previous one."""
    root = logging.getLogger()
    for handler in [it for it in root.handlers if isinstance(it, LogFile)]:
        root.removeHandler(handler)
        handler.close()
    if not given or not isinstance(given, str):
        return
    path = Path(given).expanduser()
    try:
        root.addHandler(LogFile(path))
    except OSError as problem:
        _say_unwritable(path, problem)


def _say_unwritable(path: Path, problem: OSError) -> None:
    _LOGGER.warning(
        "The log cannot be written to %s (%s): it goes on here alone; see %s",
        path,
        problem.strerror or problem,
        label("log_file"),
    )


def _secrets_in(config: Mapping[str, Any]) -> Iterator[str]:
    """The secret values of a configuration, and those within its URLs."""
    for name, rule in RULES.items():
        value = config.get(name)
        if not isinstance(value, str):
            continue
        if rule.secret:
            yield value
            # The whole URL that a browser was redirected to after a sign-in.
            yield from (part for key, part in parse_qsl(_query(value)) if key == "code")
        elif name == "proxy_url":
            userinfo = value.partition("://")[2].rpartition("@")[0]
            password = userinfo.partition(":")[2]
            yield from (password, unquote(password))


def _query(text: str) -> str:
    """The query of a URL; empty where the text is none."""
    try:
        return urlsplit(text).query
    except ValueError:
        return ""


def _forms(secret: str) -> set[str]:
    """The spellings of a secret in texts, URLs, forms, JSON and reprs."""
    in_urls = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {secret, *in_urls, json.dumps(secret)[1:-1], repr(secret)[1:-1]}


def _uncaught(
    kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None
) -> None:
    """Write an uncaught exception to the log instead of stderr."""
    if error is None or issubclass(kind, KeyboardInterrupt):
        return
    _LOGGER.critical("%s", error, exc_info=(kind, error, traceback))
