"""Failures: what of a stream was not read, and what the run is told about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams.advice import advice_on
from tap_msteams.client.row import ADDITIONAL_DATA
from tap_msteams.errors import (
    DamagedError,
    DisabledError,
    LackingError,
    NotEntitledError,
    NotGrantedError,
    NotLicensedError,
    UnavailableError,
    UnlistedError,
    UnsupportedError,
    recast,
)
from tap_msteams.run import UNDECLARED, Consent

if TYPE_CHECKING:
    from tap_msteams.client import Page
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.errors import GraphError
    from tap_msteams.run import Parent, Run

_LACKS = (UnsupportedError, NotLicensedError, DisabledError)
"""Errors that tell of a stream with a product that the tenant lacks it."""


class Failures:
    """Decides what the failures of one stream mean, and reports each of them once."""

    def __init__(self, run: Run, stream: Declaration) -> None:
        self._run, self._stream, self._declaration = run, stream, type(stream)
        self._shared = run.streams[type(stream)]
        self._consent = Consent()
        self._is_told = False

    def grant(self, ids: Ids) -> None:
        """Note that a place with these ids could be read."""
        self._consent.grant(ids)

    def look_at(self, page: Page, parent: Parent) -> None:
        """Note the consent that a page proves, its unreadable rows and undeclared properties."""
        self.grant(parent.ids)
        for problem in page.unreadable:
            self.lost(parent, problem)
        for problem in page.flawed:
            self.report(parent.ids, DamagedError("", message=problem))
        if page.undeclared and not self._is_told:
            self._is_told = True
            names = ", ".join(sorted(page.undeclared))
            self._run.issues.notice(
                self._declaration,
                f"Graph sends {names}, which this version does not declare",
                f"find it in the column {ADDITIONAL_DATA}, unless privacy settings leave it "
                "out; a newer version of tap-msteams may declare it",
                UNDECLARED,
            )

    def lost(self, parent: Parent, problem: str, *, for_good: bool = False) -> None:
        """Report a row that was not read; the others of its page are.

        What is lost `for_good` came whole, and would come again as it is: no bookmark waits for it.
        """
        self._shared.is_complete = self._shared.lists_all = False
        if parent.receipt and not for_good:
            parent.receipt.miss()
        self.report(parent.ids, DamagedError("", message=problem))

    def failed(self, parent: Parent, error: GraphError) -> None:
        """Record that a parent, or a part of it, was not read to its end."""
        ids, shared, application = parent.ids, self._shared, self._run.application
        error = self._declaration.meaning(error, ids, parent.facts, application=application)
        error = self._for_want_of_product(ids, error)
        # A person without a licence has no such records, so none are missing.
        if not isinstance(error, NotEntitledError):
            shared.is_complete = False
            shared.lists_all = shared.lists_all and self._declaration.fills in ids
        is_gap = advice_on(error).severity == "gap"
        if is_gap and self._declaration.fills not in ids:
            shared.unlisted.add(self._stream.name)
        if isinstance(error, NotGrantedError):  # before streams that wait for its ids get the error
            declared = self._declaration.needs(application=application)
            error.permission = error.permission or error.grant(declared)
        if shared.listings:
            shared.listings.settle(ids, error)
        if is_gap and parent.receipt:
            parent.receipt.miss()
        # Both are reported at the end, when it is known whether any place could be read.
        if isinstance(error, LackingError):
            self._consent.lack(ids, error)
        elif not isinstance(error, NotGrantedError):
            self.report(ids, error)
        elif self._consent.refuse(ids, error):
            self._give_up(error)

    def _for_want_of_product(self, ids: Ids, error: GraphError) -> GraphError:
        """The error of a refusal where the tenant lacks the product that the stream is of."""
        is_personal = isinstance(error, NotEntitledError)
        if not self._declaration.product or is_personal or not isinstance(error, _LACKS):
            return error
        if self._consent.is_granted(ids):  # whoever has shown records has the product
            return recast(UnavailableError, error)
        lacking = recast(LackingError, error)
        lacking.product = self._declaration.product
        return lacking

    def _give_up(self, error: NotGrantedError) -> None:
        """Read no more parents, since no place has granted the permission."""
        if self._shared.feed:
            self._shared.feed.stop()
        if self._shared.listings:
            self._shared.listings.refuse(error)

    def report(self, ids: Ids, error: GraphError, count: int = 1) -> None:
        """Report an error, without ids that let their reader in, such as the address of a file."""
        above = self._declaration.names_above(application=self._run.application)
        known = {*self._stream.schema["properties"], *above, self._declaration.fills, "id"}
        told = {name: id_ for name, id_ in ids.items() if name in known}
        self._run.issues.report(self._declaration, told, error, count)

    def tell_refusals(self) -> None:
        """Report the places that are known to lack the permission or the product."""
        for ids, error in self._consent.told():
            self.report(ids, error)
        if lacking := self._consent.told_of_product():
            ids, refusal, _ = lacking
            if advice_on(refusal).severity == "gap" and self._declaration.fills not in ids:
                self._shared.unlisted.add(self._stream.name)
            self.report(*lacking)

    def tell_of_unlisted(self) -> None:
        """Report the streams above whose lists were not read, for whatever reason."""
        above = (self._run.streams[it].unlisted for it in self._run.plan.parents(self._declaration))
        missing = set[str]().union(*above)
        self._shared.unlisted |= missing
        if missing and self._shared.emits and not self._run.sample:
            names = " and ".join(f"`{name}`" for name in sorted(missing))
            message = f"it is read below {names}, which could not be read or not completely"
            self._run.issues.report(self._declaration, {}, UnlistedError("", message=message))
