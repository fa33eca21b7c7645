"""Streams that are Graph collections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from singer_sdk import Stream
from singer_sdk.helpers._catalog import pop_deselected_record_properties
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.streams.core import REPLICATION_FULL_TABLE, TypeConformanceLevel
from typing_extensions import override

from tap_msteams.base.run import Feed, logger
from tap_msteams.errors import GraphError, NotGrantedError, RejectedError
from tap_msteams.graph import Decoder, Request
from tap_msteams.sweep import Lane, Promise, Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from singer_sdk import Tap
    from singer_sdk import typing as th
    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import MetadataMapping

    from tap_msteams.base.run import Run
    from tap_msteams.graph import Page, Record
    from tap_msteams.sweep import Steps

Ids = dict[str, str]


class GraphStream(Stream):
    """A Graph collection, read page by page below each of its parents.

    Subclasses are declarations: what they set here says everything.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # the decoder has already typed the page

    name: str
    """What users and targets call the stream."""

    path: ClassVar[str]
    """Graph path below the version, with `{variables}` that the parents fill."""

    delegated_path: ClassVar[str | None] = None
    """The path to take instead with a user's token; it takes no query options."""

    detail_path: ClassVar[str | None] = None
    """The path of one record, for properties that the collection leaves out."""

    parent: ClassVar[type[GraphStream] | None] = None
    """The stream whose records this one is read below."""

    fills: ClassVar[str | None] = None
    """The path variable that ids of this stream fill for the streams below it."""

    permission: ClassVar[str]
    """Least privileged tenant-wide permission, for applications and users alike."""

    entity: ClassVar[str]
    """Graph's name of the type of a record."""

    properties: ClassVar[th.PropertiesList]
    """Typed properties, with Graph's names, parents' ids in front."""

    primary_keys: Sequence[str] = ("id",)

    top: ClassVar[int | None] = None
    """The largest page that Graph gives, where it takes `$top`."""

    selects: ClassVar[bool] = True
    """Whether Graph takes `$select` for the collection."""

    listed: ClassVar[Sequence[str] | None] = None
    """The properties that the collection gives; None: all but those on `detail_path` alone."""

    detailed: ClassVar[Sequence[str]] = ()
    """Properties that only `detail_path` gives."""

    on_request: ClassVar[Sequence[str]] = ()
    """Properties that are read only when selected by name, since they cost much."""

    appends: ClassVar[bool] = False
    """Whether rows are observations that later runs add to."""

    def __init__(self, tap: Tap) -> None:
        """Take the schema from the declaration."""
        super().__init__(tap, schema=self.properties.to_dict())
        self.run: Run
        self.lane: Lane
        self.feed = Feed()
        self.emits = False
        self.complete = True
        self._listings: dict[str, Promise] = {}
        self._undeclared: set[str] = set()
        self._select_refused = False
        self._not_granted: NotGrantedError | None = None

    # What the SDK asks for

    @property
    @override
    def metadata(self) -> MetadataMapping:
        known = self._metadata is not None
        metadata = super().metadata
        if not known and self._tap_input_catalog is None:
            for name in self.on_request:
                metadata["properties", name].selected_by_default = False
        return metadata

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        return super().emit_activate_version_messages and not self.appends

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield this stream's records alone, for the SDK's own ways: `--test` and batches."""
        yield from self._tap.read_alone(self)  # type: ignore[attr-defined]  # the SDK types it as any Tap

    @override
    def _write_activate_version_message(self, full_table_version: int) -> None:
        """Say nothing yet: a target would drop rows that an unfinished read has not shown."""

    @override
    def _increment_stream_state(self, latest_record: Record, *, context: Any = None) -> None:
        """Leave bookmarks to the walks, which know what has been read completely."""

    @override
    def _write_state_message(self) -> None:
        self.save_state()
        super()._write_state_message()

    # What the run asks for

    def begin(self, run: Run, *, emits: bool) -> Lane:
        """Start over for a run; with `emits` off only the ids are read, for other streams."""
        self.run, self.emits, self.complete = run, emits, True
        self._listings.clear()
        self._not_granted = None
        self.decoder = Decoder({*self.wanted, "id"}, self.schema["properties"])
        self.feed = Feed()
        self.lane = self.feed.lane = Lane(self.name, self.walks())
        return self.lane

    def open(self, version: int) -> None:
        """Write the SCHEMA; where versions are activated, number the rows that follow."""
        self._write_schema_message()
        if self.replication_method == REPLICATION_FULL_TABLE and (
            self.emit_activate_version_messages
        ):
            self._stream_version = version

    def takes_part_in(self, run: Run) -> bool:
        """Whether this stream is read in a run, for its records or for its ids."""
        return getattr(self, "run", None) is run

    def write(self, records: list[Record]) -> None:
        """Write a page of records to stdout."""
        if self._maps_nothing:
            writer = self._tap.message_writer
            writer.write_records(self.stream_maps[0].stream_alias, records, self._stream_version)
        else:
            for record in records:
                for message in self._generate_record_messages(record):
                    self._tap.write_message(message)
        self.state_manager.is_flushed = False

    def finish(self) -> None:
        """Activate the new version, once all has been read and written."""
        if self.complete and self._stream_version is not None:
            super()._write_activate_version_message(self._stream_version)

    def save_state(self) -> None:
        """Write the bookmarks into the tap's state; a full read has none."""

    def failed(self, subject: Ids, error: GraphError) -> None:
        """Report what was not read; a missing permission is said once and ends the stream."""
        self.complete = False
        self.listing(subject).fail(error)
        if isinstance(error, NotGrantedError):
            self.lane.stop()
            if self._not_granted:
                return
            self._not_granted, subject = error, {}
            for promise in self._listings.values():
                promise.fail(error)
        self.run.report(self, subject, error)

    # Reading

    @property
    def variables(self) -> list[str]:
        """The variables of the path, which are ids of parents."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def wanted(self) -> list[str]:
        """Names of the properties to read."""
        if not self.emits:
            return ["id"]
        return [name for name in self.schema["properties"] if self.mask["properties", name]]

    @property
    def details(self) -> bool:
        """Whether each record needs a request of its own."""
        if self.detail_path is None or not self.emits:
            return False
        asked = {*self.wanted} - {*self.variables}
        return bool(asked & {*self.detailed} or (self.listed and asked - {*self.listed}))

    def walks(self) -> Iterator[Walk | None]:
        """One walk for each parent, as parents are listed; a single one without parents."""
        if self.parent is None:
            yield Walk({}, self.read({}))
            return
        for ids in self.run.streams[self.parent].feed.follow():
            yield None if ids is None else Walk(ids, self.read(ids))

    def read(self, parent: Ids) -> Steps:
        """Read one parent's collection."""
        ids: list[str] = []
        request: Request | None = Request(self.collection(parent), self.decoder)
        while request:
            try:
                page = yield request
            except RejectedError:
                # Graph has refused $select on single endpoints for weeks before.
                if not request.first or self._select_refused or "$select" not in request.url:
                    raise
                self._select_refused = True
                logger.info("%s: Graph refuses $select, asking for all properties", self.name)
                request = Request(self.collection(parent), self.decoder)
                continue
            self.name_undeclared(page)
            found = [record["id"] for record in page.value]
            self.publish(parent, found)
            ids += found
            if self.details:
                for id_ in found:
                    keys = {**parent, self.fills or "id": id_}
                    yield Walk(keys, self.read_detail(parent, keys))
            elif self.emits and page.value:
                yield self.shape(page.value, parent)
            request = request.following(page)
        self.listing(parent).settle(ids)

    def read_detail(self, parent: Ids, keys: Ids) -> Steps:
        """Read one record on its own path."""
        url = fill(self.detail_path or "", keys) + self.query(self.select(), None)
        page = yield Request(url, self.decoder, single=True)
        yield self.shape(page.value, parent)

    def publish(self, parent: Ids, ids: Iterable[str]) -> None:
        """Make ids known to the streams below."""
        if self.fills:
            self.feed.items += [{**parent, self.fills: id_} for id_ in ids]

    def listing(self, parent: Ids) -> Promise:
        """The ids below one parent, once they have been listed."""
        promise = self._listings.setdefault("/".join(parent.values()), Promise())
        if self._not_granted:
            promise.fail(self._not_granted)
        return promise

    def collection(self, parent: Ids) -> str:
        """The path and query of one parent's collection."""
        if self.delegated_path and not self.run.graph.is_application:
            return fill(self.delegated_path, parent)
        chosen = ["id"] if self.details else self.select()
        return fill(self.path, parent) + self.query(chosen, self.top)

    def select(self) -> list[str]:
        """The properties to ask Graph for."""
        return [name for name in self.wanted if name not in self.variables] or ["id"]

    def query(self, select: Sequence[str], top: int | None) -> str:
        """The query options, as Graph takes them."""
        options = []
        if self.selects and not self._select_refused:
            options.append("$select=" + ",".join(sorted({*select, "id"})))
        if top:
            options.append(f"$top={top}")
        return "?" + "&".join(options) if options else ""

    def shape(self, records: list[Record], parent: Ids) -> list[Record]:
        """Records as they are emitted: with the ids of their parents, less what is deselected."""
        for record in records:
            record.update(parent)
        return self.prune(records)

    def prune(self, records: list[Record]) -> list[Record]:
        """Drop nested properties that are deselected; the decoder has dropped the others."""
        if self._prunes:
            for record in records:
                pop_deselected_record_properties(record, self.schema, self.mask)
        return records

    def name_undeclared(self, page: Page) -> None:
        """Say, once a run, which keys Graph sends that nobody declared."""
        if fresh := page.undeclared - self._undeclared:
            self._undeclared |= fresh
            logger.warning(
                "%s: Graph sends %s, which this version does not know and leaves out",
                self.name,
                ", ".join(sorted(fresh)),
            )

    @property
    def _prunes(self) -> bool:
        return any(not kept and len(crumb) > 2 for crumb, kept in self.mask.items())  # noqa: PLR2004 - deeper than ("properties", name)

    @property
    def _maps_nothing(self) -> bool:
        """Whether records go out as they are, without stream maps or flattening."""
        maps = self.stream_maps
        return (
            len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not self.config.get("flattening_enabled")
        )


def fill(path: str, ids: Ids) -> str:
    """A path with its variables filled in."""
    return path.format_map({key: quote(value, safe=":@") for key, value in ids.items()})
