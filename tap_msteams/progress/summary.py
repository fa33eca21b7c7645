"""The summary at the end of a run, however it ends."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_msteams.errors import visible
from tap_msteams.labels import label
from tap_msteams.progress.words import duration, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_msteams.run import Issue, Outcome, Run

ISSUES_TOLD = 20
"""The number of issues, and of kinds of them, that the end of the log tells."""

logger = logging.getLogger("tap-msteams")


def tell(run: Run, found: Sequence[Outcome], by: str = "") -> None:
    """Log what was read and what was not; `by` is the signal or the error that ended the run.

    The last line repeats it for machines.
    """
    for text in table(found):
        logger.info("%s", text)
    # Other shards list less than the first one.
    unmatched = run.selection.unmatched if not (by or run.plan.shard.number) else []
    found_in = " in what could be read" if run.issues.gaps else ""
    for setting, entry in unmatched:
        logger.warning("%s: nothing is called '%s'%s", label(setting), entry, found_in)
    kinds = [*by_kind(run.issues.all)]
    for severity, text in kinds[:ISSUES_TOLD]:
        logger.log(logging.WARNING if severity == "gap" else logging.INFO, "%s", text)
    if (more := len(kinds) - ISSUES_TOLD) > 0:
        logger.warning("... and %d more kinds; all issues are rows of sync_issues", more)
    seconds = run.client.clock() - run.begun
    notices = len(run.issues.all) - run.issues.gaps
    whole = f"{plural(sum(it.rows for it in found), 'row')}, "
    whole += f"{plural(sum(it.requests for it in found), 'request')}, {duration(seconds)}"
    if by:
        verdict = f"Stopped by {by}: the next run goes on where the last STATE says"
    elif run.issues.all:
        verdict = f"Finished with {plural(run.issues.gaps, 'gap')} and {plural(notices, 'notice')}"
    elif unmatched:
        verdict = "Complete, but not all that the settings choose was found"
    else:
        verdict = "Complete: nothing was left out"
    logger.log(
        logging.WARNING if run.issues.gaps or unmatched else logging.INFO,
        "%s. %s; exit code %d.",
        verdict,
        whole,
        run.exit_code,
        extra={
            "run": {
                "runId": run.id,
                "exitCode": run.exit_code,
                "seconds": round(seconds, 3),
                "gaps": run.issues.gaps,
                "notices": notices,
                "unmatched": [f"{setting}: {entry}" for setting, entry in unmatched],
                "streams": [it.row() for it in found],
                "issues": [str(issue) for issue in run.issues.all[:ISSUES_TOLD]],
            }
        },
    )


def by_kind(issues: Sequence[Issue]) -> Iterator[tuple[str, str]]:
    """The severity of each kind of issue, and a line: the log told each issue when it arose."""
    kinds: dict[tuple[object, ...], list[Issue]] = {}
    for it in issues:
        kind = it.severity, it.stream, it.verdict, it.status, it.code
        kinds.setdefault(kind, []).append(it)
    for (severity, stream, *_), alike in kinds.items():
        first = alike[0]
        reason = f"{first.status} {first.code}".strip() if first.status else first.message
        count = plural(sum(it.count for it in alike), str(severity))
        parts = (f"{stream}: {count}, {visible(' '.join(reason.split()))}", first.remedy)
        yield str(severity), "; ".join(filter(None, parts)) + first.trace


def table(found: Sequence[Outcome]) -> Iterator[str]:
    """The outcomes in aligned columns."""
    rows: list[tuple[str, ...]] = [
        ("stream", "rows", "requests", "seconds", "paced", "throttled", "left out", "read up to")
    ]
    rows += [_cells(it) for it in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *numbers, bookmark in rows:
        cells = [name.ljust(widths[0])]
        cells += [text.rjust(width) for text, width in zip(numbers, widths[1:], strict=False)]
        yield "  ".join([*cells, bookmark]).rstrip()


def _cells(it: Outcome) -> tuple[str, ...]:
    left_out = [plural(it.gaps, "gap")] if it.gaps else []
    left_out += [plural(it.notices, "notice")] if it.notices else []
    marks = (it.bookmark_before, it.bookmark_after)
    before, after = (text[:16].replace("T", " ") if text else "" for text in marks)
    return (
        it.stream,
        f"{it.rows:,}",
        f"{it.requests:,}",
        f"{it.seconds:,.1f}",
        f"{max(it.waited - it.throttled, 0):,.1f}",
        f"{it.throttled:,.1f}",
        ", ".join(left_out) or "-",
        f"{after} (before: {before or 'never'})" if after else "",
    )
