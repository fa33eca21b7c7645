"""`python -m tap_msteams` is the console script."""

from __future__ import annotations

from tap_msteams.cli import main

if __name__ == "__main__":
    main()
