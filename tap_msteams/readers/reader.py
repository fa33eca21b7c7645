"""Readers: one for each stream of a run, with the state that changes while it is read."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from tap_msteams.client import RowDecoder
from tap_msteams.client.row import ADDITIONAL_DATA
from tap_msteams.errors import (
    DamagedError,
    EnoughError,
    GraphError,
    TapError,
    UnforeseenError,
    forget_trace,
)
from tap_msteams.readers.failures import Failures
from tap_msteams.readers.output import Output
from tap_msteams.readers.parts import Parts
from tap_msteams.readers.repeats import Repeats
from tap_msteams.run import CIRCLE, Parent, Seen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence

    from tap_msteams.client import Row
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.readers.partitions import Partitions
    from tap_msteams.run import Run

logger = logging.getLogger("tap-msteams")


class Reader:
    """Reads the records of one stream below each of its parents."""

    repeats: ClassVar[bool] = False
    """Whether Graph may send a record twice in one answer."""
    partitions: Partitions | None = None
    """What the stream has bookmarks for; None for a stream of which each run reads all."""

    def __init__(
        self,
        run: Run,
        stream: Declaration,
        more: Mapping[str, Callable[[Ids, Row], Any]] | None = None,
        facts: Iterable[str] = (),
    ) -> None:
        """Read for a run; `more` are properties that the reader computes from `facts`."""
        declaration = type(stream)
        self.run, self.stream, self.declaration = run, stream, declaration
        self.shared = run.streams[declaration]
        self.client = self.shared.client
        self.application = run.application
        self.emits = self.shared.emits
        # The catalog may lack a stream that is read only for other streams.
        self.output = (
            Output(stream, run.privacy, more or {}, plain=run.plain) if self.emits else None
        )
        self.selected = self.output.selected if self.output else self._costly()
        chosen = run.selection.names(declaration)
        whole = self.shared.feeds or declaration.read.version
        self.known = Repeats(stream, Seen(None) if whole else Seen())
        self.facts = run.plan.facts(declaration, {*facts, *chosen, *self.known.facts})
        self.decoder = self.decoder_of(self.facts)
        self._chooses = bool(chosen)
        self.failures = Failures(run, stream)
        self._open = asyncio.Semaphore(run.open_parents)
        self._open_parts = asyncio.Semaphore(run.open_parents)

    def _costly(self) -> list[str]:
        """Costly properties that the first shard requests: Graph may show more rows with them."""
        if not (self.run.plan.is_partial(self.declaration) and self.stream.selected):
            return []
        return [it for it in self.declaration.on_request if it in self.stream.selected_properties]

    def decoder_of(
        self, facts: Mapping[str, Any], nested: Mapping[str, RowDecoder] | None = None
    ) -> RowDecoder:
        """A decoder with these facts, of which the `nested` ones are rows themselves."""
        hides = bool(self.run.privacy and self.run.privacy.closes)
        emitted = [it for it in self.selected if not (hides and it == ADDITIONAL_DATA)]
        known = {*self.stream.schema["properties"], *facts, *(nested or ())}
        declared = known - {ADDITIONAL_DATA}
        return RowDecoder(
            facts,
            emitted if self.emits else (),
            declared if self.stream.read.has_additional_data else None,
            plain=bool(self.output and self.output.is_plain),
            nested=nested,
        )

    # The course of a run

    def begin(self) -> None:
        """Continue where the last run has ended; called when all readers are there."""
        if self.partitions:
            self.partitions.begin()
        self.shared.oldest = self.oldest
        self.shared.bookmark_before = self.oldest()

    def oldest(self) -> str | None:
        """The oldest bookmark of all parents; None where there is none."""
        return self.partitions.bookmarks.oldest if self.partitions else None

    async def read_all(self) -> None:
        """Read below all parents as they arrive, many at a time."""
        selection = self.run.selection
        if reason := self.run.plan.why_not(self.declaration) or selection.why_not(self.declaration):
            self.shared.is_complete = False
            if self.emits:
                self.run.issues.notice(self.declaration, *reason)
        else:
            async with asyncio.TaskGroup() as tasks:
                parents = self.parents()
                while True:
                    await self._open.acquire()
                    if not self._wants_more() or (parent := await anext(parents, None)) is None:
                        break
                    tasks.create_task(self._read(parent))
        if self.shared.listings:
            # No more ids will be listed: expected for a sample, a mistake otherwise.
            missing = UnforeseenError("", message="a parent was not listed")
            self.shared.listings.refuse(EnoughError() if self.run.sample else missing)
        self.end()
        self.shared.has_ended = True
        for _, feed in self.shared.feeds:
            await feed.close()

    def _wants_more(self) -> bool:
        """Whether to read more parents: always, unless a sample has enough."""
        sample = self.run.sample
        if sample is None or sample.wants_parent(self.shared):
            return True
        if self.shared.feed:
            self.shared.feed.stop()
        return False

    async def parents(self) -> AsyncIterator[Parent]:
        """The parents; a single one without ids for a collection of the whole tenant."""
        if self.shared.feed is None:
            if (ids := self._ids_of_all()) is not None:
                yield Parent(ids)
            return
        known = Seen(None)
        async for parent in self.shared.feed:
            if not self.declaration.distinct_parents or known.is_new(parent.ids.values()):
                yield parent
            elif parent.receipt:
                parent.receipt.give_back()

    def _ids_of_all(self) -> Ids | None:
        """The ids of the only parent: none, or the user's own; None where these are not known."""
        others = self.declaration.delegated.parents
        if self.application or others is None or others:
            return {}
        [above] = self.declaration.parents
        if user := self.run.client.graph.user_id:
            return {above.variable(): user}
        self.failed(Parent({}), DamagedError("", message="the token does not say whose it is"))
        return None

    async def _read(self, parent: Parent) -> None:
        """Read one parent; its failure leaves others alone."""
        self.begin_parent(parent)
        try:
            if not await self.guarded(parent, self._unless_barred(parent)):
                self.shared.failed += 1
        except BaseException:
            if parent.receipt:  # the run ends, with the parent half read
                parent.receipt.miss()
            raise
        finally:
            self.end_parent(parent)
            self._open.release()

    def begin_parent(self, parent: Parent) -> None:
        """Count the start of a parent."""
        self.shared.begin_parent(self.run.client.clock())
        if self.partitions:
            self.partitions.seen[self.partitions.key(parent.ids)] = ""

    def end_parent(self, parent: Parent) -> None:
        """Count the end of a parent, read or failed."""
        self.shared.end_parent(self.run.client.clock())
        if parent.receipt:
            parent.receipt.give_back()

    async def _unless_barred(self, parent: Parent) -> None:
        graph = self.run.client.graph
        error = self.declaration.barred(
            parent.facts, application=self.application, tenant_id=graph.tenant_id
        )
        if error is None:
            await self.read(parent)
        elif self.emits:
            self.run.issues.report(self.declaration, parent.ids, error)

    @abstractmethod
    async def read(self, parent: Parent) -> None:
        """Read one parent; raises a GraphError where it cannot be read to its end."""

    def end(self) -> None:
        """End the stream, and activate its version if everything was read."""
        if not self.are_parents_listed:
            # What was not listed has not been looked below either.
            self.shared.is_complete = self.shared.lists_all = False
        self.failures.tell_of_unlisted()
        if circles := self.client.circles:
            self.run.issues.notice(
                self.declaration,
                f"the last page of {circles} lists leads to itself and is taken as the end",
                "nothing to do, unless rows are missing at the end of long lists",
                CIRCLE,
            )
        plan, selection = self.run.plan, self.run.selection
        if plan.is_partial(self.declaration) or selection.narrows(self.declaration):
            # Not chosen is not gone.
            self.shared.is_complete = False
        self.failures.tell_refusals()
        if number := selection.nameless[self.declaration]:
            left_out = f"{number} left out: Graph tells their ids only, and settings exclude names"
            self.run.issues.notice(self.declaration, left_out, "exclude by id")
        if self.emits and self.shared.is_complete:
            self.stream.activate_version()
        # A stream without parents has one partition, which no list shows.
        if self.partitions and self.shared.feed and self.are_parents_listed:
            self.partitions.bookmarks.keep(self.partitions.seen, self.run.start.date())

    @property
    def are_parents_listed(self) -> bool:
        """Whether no id of the parents is missing."""
        parents = self.run.plan.parents(self.declaration)
        return all(self.run.streams[parent].lists_all for parent in parents)

    def save(self) -> None:
        """Write the bookmarks, if there are any, into the tap's state."""
        if self.partitions:
            self.partitions.bookmarks.save()

    # Parts of a parent

    def parts(self) -> Parts:
        """Parts of one parent that are read side by side."""
        return Parts(self.guarded, self._open_parts, self._wants_part)

    async def guarded(self, parent: Parent, reading: Coroutine[Any, Any, None]) -> bool:
        """Await the reading of a parent or a part; returns whether it came to its end."""
        try:
            await reading
        except EnoughError:
            return True
        except GraphError as error:
            self.failed(parent, error)
            forget_trace(error)
            return False
        except (TapError, BaseExceptionGroup):
            raise
        except Exception as error:
            logger.debug("%s: an unforeseen error", self.stream.name, exc_info=True)
            self.failed(parent, UnforeseenError("", message=type(error).__name__))
            return False
        return True

    def _wants_part(self) -> bool:
        """Whether to read another part of a parent: always, unless a sample has enough."""
        sample = self.run.sample
        return sample is None or sample.wants_part(self.shared)

    def failed(self, parent: Parent, error: GraphError) -> None:
        """Record that a parent, or a part of it, was not read to its end."""
        self.failures.failed(parent, error)

    # Rows

    def chosen(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows that the settings choose."""
        if not self._chooses:
            return rows
        return [row for row in rows if self.run.selection.admits(self.declaration, row)]

    async def publish(self, rows: Iterable[Row], parent: Parent) -> None:
        """Put rows as parents into the child streams' feeds; waits while these are full."""
        if not self.shared.feeds:
            return
        for row in rows:
            if (below := self.declaration.ids_of(parent.ids, row)) is None:
                continue
            for child, feed in self.shared.feeds:
                if not self.run.plan.takes(type(child), below):
                    continue
                emits = self.run.streams[type(child)].emits
                for found in child.found_in(below, row, emits=emits):
                    await feed.put(Parent(found, row.facts, parent.receipt))

    async def write(self, rows: Sequence[Row], parent: Parent) -> None:
        """Write rows below a parent; returns when they are written."""
        if not (self.output and rows):
            return
        records, keyless = self.output.records(rows, parent.ids)
        for key in keyless:
            self.failures.lost(parent, f"a row of Graph's does not say its {key}", for_good=True)
        if not self.repeats:
            self.known.tell_doubles(rows, parent.ids, self.run.issues)
        if not records:
            return
        self.run.unwritten += 1
        try:
            await self.run.emit(self.stream, records)
            self.shared.metrics.rows += len(records)
        except Exception as error:  # noqa: BLE001 - raised again, as what ends the run
            # A failure to write is no parent's: it ends the run, like any group of errors.
            msg = "records cannot be written"
            raise ExceptionGroup(msg, [error]) from None
        finally:
            self.run.unwritten -= 1
