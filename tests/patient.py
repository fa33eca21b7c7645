"""A tap that a doctor examines, and whoever follows the report."""

from __future__ import annotations

import io
import re

import pytest

from tap_msteams.preflight import examine
from tap_msteams.preflight.tables import tell_report
from tests.auth.person import Person
from tests.conftest import run_tap, selection
from tests.target import HastyTap

DEFAULTS = {"users", "teams", "channels", "members", "messages", "presence"}
UNPACED = {"rate_limit_share": 0}


class Patient:
    """The doctor's patient: a tap in front of a sandbox that a test may change."""

    def __init__(self, sandbox, folder, streams=None, **settings):
        self.sandbox, self.streams = sandbox, streams
        self.settings = {**UNPACED, "token_cache_path": str(folder / "tokens.json"), **settings}

    @property
    def config(self):
        return {**self.sandbox.config(), **self.settings}

    @property
    def catalog(self):
        return selection(self.streams) if self.streams else None

    def examined(self, parents=1):
        self.report = examine(HastyTap(config=self.config, catalog=self.catalog), parents)
        self.rows = {row.stream: row for row in self.report.streams}
        self.checks = {check.name: check for check in self.report.checks}
        return self.report.exit_code

    def read(self):
        return run_tap(self.config, catalog=self.catalog).code

    @property
    def told(self):
        file = io.StringIO()
        tell_report(self.report, file)
        return file.getvalue()

    def grant(self):
        """Do what the report says: register what the steps name, then consent on the page."""
        [registered] = [it for it in self.report.consent.steps if "API permissions" in it] or [""]
        names = set(re.findall(r"[\w-]+(?:\.\w+)+", registered.partition("Graph, ")[2]))
        [redirect_uri] = re.findall(r"redirect URI (\S+)", " ".join(self.report.consent.steps))
        application = self.sandbox.entra.applications[self.config["client_id"]]
        application.asks_roles = frozenset(names)
        application.redirect_uris = frozenset({redirect_uri})
        Person(self.sandbox.ca_bundle).visit(self.report.consent.url)
        return names


@pytest.fixture
def patient(open_sandbox, tmp_path):
    def made(streams=None, settings=None, **options):
        return Patient(open_sandbox(**options), tmp_path, streams, **(settings or {}))

    return made
