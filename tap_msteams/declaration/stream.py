"""Singer streams: their schema, their selected properties, and how records are written."""

from __future__ import annotations

import logging
import sys
from abc import abstractmethod
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

import msgspec
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import AbortedSyncExceptionBase
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import Metadata, SelectionMask
from typing_extensions import override

from tap_msteams.errors import TapError
from tap_msteams.sdk import pop_deselected_record_properties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from singer_sdk import typing as th
    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import Catalog, MetadataMapping

    from tap_msteams.writer import Record, Records, RecordWriter


class StreamTap(Tap):
    """The tap as its streams know it."""

    message_writer: RecordWriter

    @abstractmethod
    def read_alone(self, stream: TapStream) -> Iterator[Record]:
        """Yield the records of one stream; for `--test` and batches, which the SDK drives."""

    @abstractmethod
    def save_bookmarks(self) -> None:
        """Write the bookmarks of all streams into the state."""


class TapStream(Stream):
    """A stream that a run reads side by side with the others, instead of the SDK one by one."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # Graph's types are those of the schema

    _tap: StreamTap

    name: str
    """The name of the stream, and of its table."""

    properties: ClassVar[th.PropertiesList]
    """Typed properties with Graph's names, after the ids of the parents."""

    primary_keys: Sequence[str] = ("id",)
    """The columns that make a row unique in the tenant."""

    selected_by_default: bool = True
    """Whether the stream is read where no catalog says otherwise."""

    automatic: ClassVar[Sequence[str]] = ()
    """Properties that are always written, like keys: without them a row means something else."""

    on_request: ClassVar[Sequence[str]] = ()
    """Costly properties, which are read only when selected by name."""

    switches: ClassVar[Mapping[str, str]] = {}
    """Settings that select such properties, by property."""

    appends: ClassVar[bool] = False
    """Whether rows stay after Graph stops showing them: they expire at Graph, or are
    observations."""

    def __init__(self, tap: StreamTap) -> None:
        super().__init__(tap, schema=msgspec.json.decode(self._schema_as_json()))

    @classmethod
    @cache
    def _schema_as_json(cls) -> bytes:
        """The schema, computed once: for all streams that takes longer than a short run."""
        return msgspec.json.encode(cls.all_properties().to_dict())

    @classmethod
    def all_properties(cls) -> th.PropertiesList:
        """The typed properties of a record."""
        return cls.properties

    # Overrides of the SDK's methods

    @property
    @override
    def metadata(self) -> MetadataMapping:
        known = self._metadata is not None
        metadata = super().metadata
        if known:
            return metadata
        self._always_write(metadata)
        for name in self.on_request:
            entry = metadata["properties", name]
            if self.config.get(self.switches.get(name, "")) and entry.selected is None:
                entry.selected = True
            elif self._tap_input_catalog is None:
                entry.selected_by_default = False
        return metadata

    @property
    @override
    def mask(self) -> SelectionMask:
        catalog = self._tap_input_catalog
        if self._mask is None and catalog is not None and catalog.get_stream(self.name) is None:
            # The SDK would come to the same by way of each property, of many streams.
            self._mask = SelectionMask({(): False})
        return super().mask

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        super().apply_catalog(catalog)
        if entry := catalog.get_stream(self.name):
            self._always_write(entry.metadata)

    def _always_write(self, metadata: MetadataMapping) -> None:
        """Select the keys whatever a catalog says: rows without them would be lost."""
        for name in (*self.primary_keys, *self.automatic):
            metadata["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        # Batch files hold no version, so that activating one would remove their rows.
        wanted = super().emit_activate_version_messages and not self.config.get("batch_config")
        return wanted and not self.appends

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        # The SDK calls errors unhandled that end in a line of their own, and the record that
        # `--test` was waiting for.
        if not isinstance(sys.exception(), (AbortedSyncExceptionBase, TapError)):
            super().log(message, *args, level=level, **kwargs)

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield the records of this stream alone, for `--test` and batches."""
        yield from self._tap.read_alone(self)

    @override
    def _write_activate_version_message(self, full_table_version: int) -> None:
        """Write nothing yet: a target would delete rows that an incomplete read has not shown."""

    @override
    def _increment_stream_state(self, latest_record: Record, *, context: Any = None) -> None:
        """Do nothing: readers move the bookmarks, since only they know what is complete."""

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Do nothing: the state of a stream holds its bookmarks alone."""

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """None: bookmarks are times on Graph's clock, and need no signpost."""

    @override
    def _write_state_message(self) -> None:
        self._tap.save_bookmarks()
        super()._write_state_message()

    # Writing

    def open(self, version: int) -> None:
        """Write the SCHEMA, and give the records a version where versions are activated."""
        self._write_schema_message()
        if self.replication_method == "FULL_TABLE" and self.emit_activate_version_messages:
            self._stream_version = version

    def write(self, records: Records) -> None:
        """Write a page of records to stdout."""
        writer = self._tap.message_writer
        before = writer.record_bytes
        if self.maps_nothing:
            alias = self.stream_maps[0].stream_alias
            writer.write_records(alias, records, self._stream_version)
        else:
            for record in cast("Sequence[Record]", records):  # changes take plain values
                for message in self._generate_record_messages(record):
                    self._tap.write_message(message)
        if self.replication_method == "INCREMENTAL":
            writer.resumable_bytes += writer.record_bytes - before
        self.state_manager.is_flushed = False

    def activate_version(self) -> None:
        """Let the target delete rows that this run has not shown, after a complete read."""
        if self._stream_version is not None:
            super()._write_activate_version_message(self._stream_version)

    # Selection

    @property
    def selected_properties(self) -> list[str]:
        """Names of the properties to emit, keys always included."""
        return [name for name in self.schema["properties"] if self.mask["properties", name]]

    @cached_property
    def pruned(self) -> Callable[[Record], Record] | None:
        """A function that drops deselected nested properties; None where there are none."""
        if not any(not kept and len(crumb) > 2 for crumb, kept in self.mask.items()):  # noqa: PLR2004 - deeper than ("properties", name)
            return None

        def prune(record: Record) -> Record:
            pop_deselected_record_properties(record, self.schema, self.mask)
            return record

        return prune

    @cached_property
    def maps_nothing(self) -> bool:
        """Whether records are written unchanged, without stream maps or flattening."""
        maps = self.stream_maps
        return (
            len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not self.config.get("flattening_enabled")
        )
