"""Guests: listed before the first stream, where the settings leave them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams.client import Request, RowDecoder
from tap_msteams.errors import DamagedError, GraphError, TapError
from tap_msteams.labels import label
from tap_msteams.privacy import GUEST_NAMES, PERMISSION

if TYPE_CHECKING:
    from tap_msteams.client import GraphClient
    from tap_msteams.privacy import Guests


async def learn_guests(client: GraphClient, guests: Guests) -> None:
    """List the guests; raises TapError where that fails, since none could be left out."""
    path = f"/users?$select={','.join(GUEST_NAMES)}&$filter=userType%20eq%20'Guest'&$top=999"
    decoder = RowDecoder(dict.fromkeys(GUEST_NAMES, str | None))
    try:
        async for page in client.stream("guests").pages(Request(path, decoder)):
            if page.unreadable:
                path = "/users"
                raise DamagedError(path, message=page.unreadable[0])
            for row in page.rows:
                guests.learn(name for it in GUEST_NAMES if (name := row.get(it)))
    except GraphError as error:
        msg = (
            f"the guests cannot be listed, so that {label('guests')} cannot leave them out: "
            f"{error}; grant {PERMISSION} with admin consent"
        )
        raise TapError(msg) from error
