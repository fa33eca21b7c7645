"""Files that are computed as a whole.

`python -m docs.computed.files` writes them; with `--check` it names those that are not up to date.
"""

from __future__ import annotations

import sys

from docs.computed import dbt, hub, types


def main(arguments: list[str]) -> int:
    """Write what has changed, or name it; returns the exit code."""
    computed = {**dbt.files(), **hub.files(), **types.files()}
    folders = {path.parent for path in computed}
    there = {path: path.read_text() for it in folders if it.exists() for path in it.iterdir()}
    stale = sorted(it for it in {*computed, *there} if computed.get(it) != there.get(it))
    if "--check" in arguments:
        sys.stderr.writelines(f"{path.name} is not up to date: run `make fix`\n" for path in stale)
        return 1 if stale else 0
    for path in stale:
        if path in computed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(computed[path])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
