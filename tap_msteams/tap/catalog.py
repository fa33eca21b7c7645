"""The user's catalog, checked against the streams of this version."""

from __future__ import annotations

import difflib
import logging
from typing import TYPE_CHECKING, Any, cast

from singer_sdk.singerlib import Catalog

from tap_msteams.errors import CatalogError
from tap_msteams.streams import STREAMS

if TYPE_CHECKING:
    from singer_sdk.singerlib import CatalogEntry

logger = logging.getLogger("tap-msteams")


def checked(catalog: dict[str, Any] | None) -> Catalog | None:
    """The catalog, checked: selected streams have to exist; warns of unknown properties."""
    if catalog is None:
        return None
    try:
        names = [(str(entry["tap_stream_id"]), entry["stream"]) for entry in catalog["streams"]]
        parsed = Catalog.from_dict(cast("Any", catalog))
        selected = [
            entry for entry in parsed.streams if entry.metadata.resolve_selection().get((), False)
        ]
    except (AttributeError, KeyError, TypeError) as problem:
        msg = f"the catalog is no Singer catalog ({problem!r}): write it with --discover"
        raise CatalogError(msg) from problem
    for id_, name in names:
        if id_ != name:
            msg = f"the catalog calls the stream '{id_}' also {name!r}: write it with --discover"
            raise CatalogError(msg)
    for entry in selected:
        _check(entry)
    return parsed


def _check(entry: CatalogEntry) -> None:
    """Raise CatalogError for an unknown stream; warn of unknown properties."""
    streams = {stream.name: stream for stream in STREAMS}
    name = str(entry.tap_stream_id)
    if name not in streams:
        msg = f"the catalog selects a stream '{name}' that this version does not have: " + _hint(
            name, list(streams)
        )
        raise CatalogError(msg)
    known = [item.name for item in streams[name].all_properties().wrapped.values()]
    for crumb, metadata in entry.metadata.items():
        if len(crumb) == 2 and crumb[1] not in known and metadata.selected is True:  # noqa: PLR2004 - ("properties", name)
            logger.warning(
                "the catalog selects a property '%s' of '%s' that this version does not have: %s",
                crumb[1],
                name,
                _hint(crumb[1], known),
            )


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else "write it anew with --discover"
