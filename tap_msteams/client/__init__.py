"""Microsoft Graph: a client that paces, retries and counts requests, and yields pages of rows."""

from __future__ import annotations

from tap_msteams.client.client import GraphClient
from tap_msteams.client.decoder import RowDecoder
from tap_msteams.client.graph import Graph
from tap_msteams.client.patience import Patience
from tap_msteams.client.request import OWN, Answer, Page, Request
from tap_msteams.client.row import Row
from tap_msteams.client.stream_client import StreamClient

__all__ = [
    "OWN",
    "Answer",
    "Graph",
    "GraphClient",
    "Page",
    "Patience",
    "Request",
    "Row",
    "RowDecoder",
    "StreamClient",
]
