"""Streams as the SDK and a run know them."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from typing_extensions import override

from tap_msteams.sdk import pop_deselected_record_properties
from tap_msteams.sweep import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from singer_sdk import Tap
    from singer_sdk import typing as th
    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import MetadataMapping

    from tap_msteams.base.run import Run
    from tap_msteams.errors import GraphError
    from tap_msteams.graph import Record
    from tap_msteams.sweep import Walk
    from tap_msteams.writer import RecordWriter

Ids = dict[str, str]
"""Ids of the parents of a record, by path variable."""


class TapStream(Stream):
    """A stream whose records come from walks."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # the decoder has already typed the page

    name: str
    """What users and targets call the stream."""

    properties: ClassVar[th.PropertiesList]
    """Typed properties, with Graph's names, parents' ids in front."""

    primary_keys: Sequence[str] = ("id",)

    on_request: ClassVar[Sequence[str]] = ()
    """Properties that are read only when selected by name, since they cost much."""

    switches: ClassVar[Mapping[str, str]] = {}
    """Settings that select such properties, by property."""

    appends: ClassVar[bool] = False
    """Whether rows stay when Graph shows them no more: it has forgotten them, or they are
    observations."""

    def __init__(self, tap: Tap) -> None:
        """Take the schema from the declaration."""
        super().__init__(tap, schema=self.properties.to_dict())
        self.run: Run
        self.lane: Lane
        self.emits = False
        self.complete = True

    # What the SDK asks for

    @property
    @override
    def metadata(self) -> MetadataMapping:
        known = self._metadata is not None
        metadata = super().metadata
        if known:
            return metadata
        for name in self.on_request:
            entry = metadata["properties", name]
            if self.config.get(self.switches.get(name, "")) and entry.selected is None:
                entry.selected = True
            elif self._tap_input_catalog is None:
                entry.selected_by_default = False
        return metadata

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        # Files of a batch hold no version, so that activating one would remove their rows.
        wanted = super().emit_activate_version_messages and not self.config.get("batch_config")
        return wanted and not self.appends

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
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Leave the state to the bookmarks, which take nothing else for theirs."""

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """Mark nothing in the state: bookmarks are moments of Graph's clock."""

    @override
    def _write_state_message(self) -> None:
        self.save_state()
        super()._write_state_message()

    # What the run asks for

    def begin(self, run: Run, *, emits: bool) -> Lane:
        """Start over for a run; with `emits` off only the ids are read, for other streams."""
        self.run, self.emits, self.complete = run, emits, True
        wrapped = self.properties.wrapped.values()
        self._rewrite = run.privacy.of_rows(wrapped, self.name) if run.privacy else None
        self.lane = Lane(self.name, self.walks())
        run.lanes.append(self.lane)
        return self.lane

    @classmethod
    def depth(cls, *, application: bool) -> int:  # noqa: ARG003 - for overrides
        """How many streams are above it."""
        return 0

    def open(self, version: int) -> None:
        """Write the SCHEMA; where versions are activated, number the rows that follow."""
        self._write_schema_message()
        if self.replication_method == "FULL_TABLE" and (self.emit_activate_version_messages):
            self._stream_version = version

    def takes_part_in(self, run: Run) -> bool:
        """Whether this stream is read in a run, for its records or for its ids."""
        return getattr(self, "run", None) is run

    def guarded(self, records: list[Record]) -> list[Record]:
        """Records as the privacy settings let them out."""
        return self._rewrite(records) if self._rewrite else records

    def write(self, records: list[Record]) -> None:
        """Write a page of records to stdout."""
        if self._maps_nothing:
            alias = self.stream_maps[0].stream_alias
            writer = cast("RecordWriter", self._tap.message_writer)
            writer.write_records(alias, records, self._stream_version)
        else:
            for record in records:
                for message in self._generate_record_messages(record):
                    self._tap.write_message(message)
        self.state_manager.is_flushed = False

    def finish(self) -> None:
        """Activate the new version, once all has been read and written."""
        if self.complete and self._stream_version is not None:
            super()._write_activate_version_message(self._stream_version)

    @property
    def bookmark(self) -> str | None:
        """Up to when it has been read, below all of its parents; None where nothing tells."""
        return None

    def save_state(self) -> None:
        """Write the bookmarks into the tap's state; a full read has none."""

    @abstractmethod
    def walks(self) -> Iterator[Walk | None]:
        """Yield the walks of this run; None where there is nothing to walk at the moment."""

    @abstractmethod
    def failed(self, subject: Ids, error: GraphError) -> None:
        """Take note that a walk ended before its end."""

    @property
    def wanted(self) -> list[str]:
        """Names of the properties to read."""
        if not self.emits:
            return ["id"]
        return [name for name in self.schema["properties"] if self.mask["properties", name]]

    def prune(self, records: list[Record]) -> list[Record]:
        """Drop nested properties that are deselected; the decoder has dropped the others."""
        if self._prunes:
            for record in records:
                pop_deselected_record_properties(record, self.schema, self.mask)
        return records

    @cached_property
    def _prunes(self) -> bool:
        return any(not kept and len(crumb) > 2 for crumb, kept in self.mask.items())  # noqa: PLR2004 - deeper than ("properties", name)

    @cached_property
    def _maps_nothing(self) -> bool:
        """Whether records go out as they are, without stream maps or flattening."""
        maps = self.stream_maps
        return (
            len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not self.config.get("flattening_enabled")
        )
