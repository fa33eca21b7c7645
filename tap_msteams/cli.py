"""The command line: Singer's own, with errors told in a line."""

from __future__ import annotations

import sys

from tap_msteams.errors import TapError
from tap_msteams.tap import TapMSTeams


def main() -> None:
    """Run the tap; what the user can help ends with a line a problem and exit code 1."""
    try:
        TapMSTeams.cli()
    except TapError as error:
        for line in str(error).splitlines():
            TapMSTeams.logger.error("%s", line)
        sys.exit(1)
