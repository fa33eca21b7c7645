"""The command line: Singer's own, with errors told in a line."""

from __future__ import annotations

import gc
import sys

from singer_sdk.exceptions import MappingError

from tap_msteams.errors import TapError
from tap_msteams.settings import env_name
from tap_msteams.tap import TapMSTeams

OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Pages are trees: looking for cycles in each as often as usual doubles the time to decode it."""


def main() -> None:
    """Run the tap; what the user can help ends with a line a problem and exit code 1."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    try:
        TapMSTeams.cli()
    except TapError as error:
        lines = str(error).splitlines()
    except MappingError as error:
        lines = [f"'stream_maps' (env {env_name('stream_maps')}): {error}"]
    else:
        return
    for line in lines:
        TapMSTeams.logger.error("%s", line)
    sys.exit(1)
