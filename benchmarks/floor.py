"""The floor: unzip and decode pages, encode each record, write. No SDK, no HTTP.

`python -m benchmarks.floor PAGES OUTPUT` prints the seconds of processor time a record.
"""

from __future__ import annotations

import gzip
import sys
import time
from pathlib import Path

import msgspec

Pages = list[bytes]

_GZIP = b"\x1f\x8b"


def save(pages: Pages, path: Path) -> None:
    """Keep the pages in one file."""
    path.write_bytes(msgspec.msgpack.encode(pages))


def unzipped(page: bytes) -> bytes:
    """The page, decompressed if it is compressed."""
    return gzip.decompress(page) if page.startswith(_GZIP) else page


def main() -> None:
    """Read all pages, then do the least that any tap has to do with them."""
    pages = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Pages)
    decode = msgspec.json.Decoder().decode
    encode = msgspec.json.Encoder().encode
    records = 0
    with Path(sys.argv[2]).open("wb") as output:
        started = time.process_time()
        for page in pages:
            for post in decode(unzipped(page))["value"]:
                replies = post.pop("replies", ())
                for record in (post, *replies):
                    message = {"type": "RECORD", "stream": "messages", "record": record}
                    output.write(encode(message) + b"\n")
                    records += 1
        output.flush()
        seconds = time.process_time() - started
    sys.stdout.write(f"{seconds / records}\n")


if __name__ == "__main__":
    main()
