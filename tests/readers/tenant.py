"""A tenant without a network, for runs of the tap in this process."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout

from tap_msteams.errors import RejectedError, TapError
from tests.client.fake_graph import FakeGraph
from tests.conftest import Output, selection
from tests.readers.library import SETTINGS
from tests.target import HastyTap


class Tenant(FakeGraph):
    """A tenant whose answers a test gives by the starts of the addresses."""

    def __init__(self, answers):
        super().__init__()
        self.starts = answers

    def send(self, request):
        found = (it for start, it in self.starts.items() if request.url.startswith(start))
        answer = next(found, RejectedError(request.url, 400))
        if callable(answer):
            answer = answer(request)
        self._answers[request.url] = [answer]
        return super().send(request)


class Mine(Tenant):
    """A tenant as a user who has signed in sees it."""

    is_application = False
    user_id = None


def page(*rows, **more):
    return json.dumps({"value": rows, **more}).encode()


def read(answers, *streams, state=None, catalog=None, kind=Tenant, **settings):
    """What a run reads of a tenant with these answers."""
    catalog = catalog or selection([*streams, "sync_issues"])
    tap = HastyTap(config={**SETTINGS, **settings}, catalog=catalog, state=state)
    tap.graph = kind(answers)
    captured = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(captured):
        try:
            code = tap.read()
        except TapError:
            if settings.get("on_error") != "fail":
                raise
            code = 1
    output = Output(captured.buffer.getvalue().splitlines(), code)
    output.asked = tap.graph.sent
    return output


def issues(output):
    return [(it["severity"], it["subject"]) for it in output.records["sync_issues"]]
