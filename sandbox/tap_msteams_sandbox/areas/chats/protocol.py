"""The attributes of a chat that its messages and apps need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tap_msteams_sandbox.company.places import Place

if TYPE_CHECKING:
    from tap_msteams_sandbox.areas.chats.strangers import Participant
    from tap_msteams_sandbox.company.company import Company


class ChatLike(Place, Protocol):
    """A chat, without its messages and apps."""

    tenant: Company
    n: int
    id: str
    kind: str
    people: list[Participant]
    created: int
    topic: str | None
    foreign: bool
