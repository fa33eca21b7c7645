"""The doctor: checks of the network, the sign-in, the permissions and the streams."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from tap_msteams import transport
from tap_msteams.advice import UNMATCHED
from tap_msteams.errors import TapError
from tap_msteams.preflight.check import Check
from tap_msteams.preflight.identity import (
    ConsentAdvice,
    Identity,
    consent,
    credential,
    sign_in,
    token_store,
)
from tap_msteams.preflight.reach import Service, ServiceAnswer, clocks, reach
from tap_msteams.preflight.sample import Measure, Sampling
from tap_msteams.preflight.verdicts import Judge, StreamRow
from tap_msteams.settings.methods import REGISTERED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.preflight.sample import Part
    from tap_msteams.settings import Settings
    from tap_msteams.tap import TapMSTeams

OverallVerdict = Literal["complete", "incomplete", "no sign-in", "wrong configuration"]

EXIT_CODES: dict[OverallVerdict, int] = {
    "complete": 0,
    "incomplete": 3,
    "no sign-in": 1,
    "wrong configuration": 1,
}


@dataclass
class Report:
    """The findings of the doctor."""

    verdict: OverallVerdict = "complete"
    checks: list[Check] = field(default_factory=list)
    identity: Identity | None = None
    streams: list[StreamRow] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """The permissions to grant for the selected streams."""
    consent: ConsentAdvice | None = None

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return EXIT_CODES[self.verdict]

    def to_dict(self) -> dict[str, Any]:
        """The report as a dictionary for JSON."""
        return {**asdict(self), "exitCode": self.exit_code}


def examine(tap: TapMSTeams, parents: int = 1) -> Report:
    """Check all that a run needs; `parents` is the number of parents to read of each stream."""
    report = Report()
    try:
        settings = tap.settings
        told = f"auth_method {settings.auth_method}, cloud {settings.cloud}, set: " + ", ".join(
            key for key, value in sorted(tap.config.items()) if value not in (None, "", [])
        )
        report.checks.append(Check("configuration", "ok", told))
        answers = _reached(report, settings)
    except TapError as error:
        return refused(str(error).splitlines())
    try:
        signed_in, who = sign_in(tap.authenticator, settings.auth_method)
    except TapError as error:
        signed_in, who = Check("sign-in", "failed", str(error)), None
    checks = (
        signed_in,
        clocks(answers),
        token_store(settings),
        credential(settings, is_accepted=who is not None),
        _share(settings),
    )
    report.checks += [check for check in checks if check]
    if who is None:
        report.verdict = "no sign-in"
        return report
    report.identity = who
    if any(check.name == "Graph" and check.state == "failed" for check in report.checks):
        report.verdict = "incomplete"
        return report
    _try_streams(report, tap, parents)
    return report


def refused(lines: list[str]) -> Report:
    """The report on a configuration that cannot be used."""
    return Report("wrong configuration", [Check("configuration", "failed", it) for it in lines])


def _reached(report: Report, settings: Settings) -> dict[str, ServiceAnswer]:
    """Check that the services can be reached."""
    answers = {}
    for service in _services(settings):
        check, answer = reach(service, settings)
        if answer and service.name == "Graph" and "request-id" not in answer.headers:
            check = Check(
                "Graph",
                "failed",
                f"{check.text}, but it is not Graph that answers",
                "check 'graph_url' and the proxy",
            )
        elif answer:
            answers[service.name] = answer
        report.checks.append(check)
    return answers


def _services(settings: Settings) -> Iterator[Service]:
    if settings.auth_method in REGISTERED:
        tenant = settings.tenant_id or "organizations"
        yield Service(
            "Entra ID",
            f"{settings.authority_host}/{tenant}/v2.0/.well-known/openid-configuration",
            "authority_host",
            lambda: transport.identity_session(settings),
        )
    # Without a token Graph refuses the request, which proves that it answers.
    yield Service(
        "Graph",
        f"{settings.graph_url}/v1.0/me",
        "graph_url",
        lambda: transport.session(settings),
    )


def _share(settings: Settings) -> Check:
    share = settings.rate_limit_share
    if share:
        told = "".join(f", of {name} {it:.0%}" for name, it in settings.shares.items())
        return Check(
            "rate limits", "ok", f"at most {share:.0%} of the documented ones are used{told}"
        )
    return Check(
        "rate limits",
        "warning",
        "requests are not paced: 'rate_limit_share' is 0",
        "set 'rate_limit_share' to 1, unless somebody else keeps the pace",
    )


def _try_streams(report: Report, tap: TapMSTeams, parents: int) -> None:
    """Read a sample of each stream that is selected or permitted."""
    who = report.identity
    if who is None:
        return
    streams = tap.graph_streams.values()
    plan = tap.new_plan([])
    may = {
        row.stream for row in Judge(tap, plan, {}, who.granted).rows() if row.granted is not False
    }
    tried = [it for it in streams if it.selected or it.name in may]
    sampling = Sampling(tap, tried, Measure(parents=parents, rows=1))
    parts = sampling.read()
    report.streams = Judge(tap, plan, parts, who.granted).rows()
    report.checks += _unmatched(sampling, parts)
    report.checks += [
        Check(name, "warning", *told) for name, part in parts.items() for told in part.left_out
    ]
    selected = [row for row in report.streams if row.selected]
    if not selected:
        report.checks.append(
            Check("selection", "warning", "no stream is selected", "select one in the catalog")
        )
    report.missing = sorted({name for row in selected for name in row.grant})
    if report.missing:
        report.consent = consent(tap.settings, who, report.missing)
    if not all(row.is_readable for row in selected):
        report.verdict = "incomplete"


def _unmatched(sampling: Sampling, parts: dict[str, Part]) -> Iterator[Check]:
    """Entries of choices without a match, where the list was read to its end."""
    for setting, entry in sampling.selection.unmatched:
        part = parts.get(setting)
        if part and part.answered and not (part.read.feed or part.cut or part.refusals):
            yield Check(setting, "warning", f"nothing is called '{entry}'", UNMATCHED)


def encoded(report: Report) -> bytes:
    """The report as JSON."""
    return msgspec.json.format(msgspec.json.encode(report.to_dict()))
