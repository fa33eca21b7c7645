"""Entra's numbered refusals, in Microsoft's words.

https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _read() -> Mapping[int, tuple[str, str]]:
    lines = Path(__file__).with_suffix(".tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return {int(code): (error, text) for code, error, text in rows}


REFUSALS: Final = _read()
"""OAuth error and text of each number."""

CHALLENGED: Final = frozenset({50074, 50076, 50079, 53000, 53003})
"""Refusals of conditional access: the user can get past them by signing in again."""
NO_CONSENT: Final = 65001


class Refusal(Exception):  # noqa: N818 - an answer on its way out, not an error of this program
    """A numbered refusal; `error` replaces its usual error code."""

    def __init__(self, code: int, error: str = "", **facts: str) -> None:
        self.code = code
        self.error, text = REFUSALS[code]
        self.error = error or self.error
        # https://www.rfc-editor.org/rfc/rfc6749#section-5.2
        self.status = 401 if self.error == "invalid_client" else 400
        self.text = f"AADSTS{code}: {text.format_map(defaultdict(str, facts))}"
        super().__init__(self.text)

    def description(self, now: float, correlation_id: str, trace_id: str = "") -> str:
        """Return the text with the ids for support."""
        return (
            f"{self.text} Trace ID: {trace_id or uuid.uuid4()} "
            f"Correlation ID: {correlation_id} Timestamp: {_timestamp(now)}"
        )

    def body(self, now: float, correlation_id: str) -> dict[str, Any]:
        """Return the JSON of the answer."""
        trace_id = str(uuid.uuid4())
        answer: dict[str, Any] = {
            "error": self.error,
            "error_description": self.description(now, correlation_id, trace_id),
            "error_codes": [self.code],
            "timestamp": _timestamp(now),
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }
        if self.code in CHALLENGED:
            claims = {"access_token": {"capolids": {"essential": True, "values": [trace_id]}}}
            answer |= {"suberror": "basic_action", "claims": json.dumps(claims)}
        if self.code == NO_CONSENT:
            answer["suberror"] = "consent_required"
        return answer


def _timestamp(now: float) -> str:
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%SZ}"
