"""The requests that a sync of a stream takes, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_msteams.declaration import Paged

if TYPE_CHECKING:
    from tap_msteams.declaration import Declaration


def of(stream: type[Declaration]) -> str:
    """The cost that a stream declares, or the one that follows from its parents and pages."""
    if stream.cost:
        return stream.cost
    parents = stream.parent_streams(application=True)
    above = " and 1 per ".join(re.sub(r"s$", "", it.name.replace("_", " ")) for it in parents)
    page = f"{stream.query.top} rows" if isinstance(stream.query, Paged) else ""
    per = " and ".join(filter(None, (above, page)))
    more = f"; with `{stream.content.name}` 1 more per row" if stream.content else ""
    return (f"1 per {per}" if per else "1") + more
