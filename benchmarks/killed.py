"""A list of many pages, whose reader is killed again and again."""

from __future__ import annotations

import re
import subprocess
import time
from typing import TYPE_CHECKING

from benchmarks.endless import Endless, Size
from benchmarks.process import ROOT, clean_environment, last_state
from benchmarks.row import Row

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.process import Selection, Taps

POSTS = 200_000
PAGES = POSTS // 50
KILLED_AT = (1_000, 2_000, 3_000)
"""Pages that have been asked for, in all runs together, when the tap is killed."""

MESSAGES: Selection = {"messages": None}
_POST = re.compile(rb'"record":\{[^}]*?"id":"(\d+)"')
_LIST = "/v1.0/teams/{id}/channels/{id}/messages"


def killed(taps: Taps) -> list[Row]:
    """The pages that are asked for in all, and the posts that no run has written."""
    posts, state = set[bytes](), None
    with Endless(Size(teams=1, posts=POSTS)) as graph:
        for pages in KILLED_AT:
            taps.prepare(graph, MESSAGES, state=state, on_error="report")
            output = _killed(taps, graph, pages)
            posts |= _posts(output)
            state = last_state(output)
        posts |= _posts(taps.ours(graph, MESSAGES, state=state, on_error="report").output)
        asked = graph.asked()[_LIST]
    what = f"{POSTS:,} posts of one channel, killed at {len(KILLED_AT)} pages"
    return [
        Row(what=f"Posts that are missing, {what}", ours=POSTS - len(posts), unit="", at_most=0),
        Row(
            what=f"Requests for {what}",
            ours=asked,
            other=PAGES,
            unit="",
            against="never killed",
            ratio=asked / PAGES,
            at_most=1.5,  # STATE comes once a second, and this Graph answers 500 pages in one
        ),
    ]


def _killed(taps: Taps, graph: Endless, pages: int) -> Path:
    """The output of a tap that is killed once all have asked for that many pages."""
    found = taps.directory / "killed.jsonl"
    with found.open("wb") as output:
        tap = subprocess.Popen(
            taps.command,
            cwd=ROOT,
            env=clean_environment(),
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
        while tap.poll() is None and graph.asked().get(_LIST, 0) < pages:
            time.sleep(0.02)
        tap.kill()
        tap.wait()
    return found


def _posts(output: Path) -> set[bytes]:
    """The ids of all posts in an output, of which the last line may be cut off."""
    with output.open("rb") as lines:
        return {
            found[1] for line in lines if line.endswith(b"\n") and (found := _POST.search(line))
        }
