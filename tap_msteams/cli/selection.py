"""What is selected: the catalog of a command that looks at streams."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from tap_msteams.errors import CatalogError
from tap_msteams.tap import TapMSTeams
from tap_msteams.tap.catalog import checked
from tap_msteams.tap.inputs import load_object, read_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.cli.command import Given

CATALOG = click.option(
    "--catalog", help="Catalog file with what is selected. Absent: what is read by default."
)


def tap_of(ctx: click.Context, given: Given, catalog: str | None) -> TapMSTeams:
    """The tap with the configuration and the catalog given, before the command's name or after."""
    content: dict[str, Any] | None = None
    if catalog:
        content = read_object("catalog", catalog, CatalogError)
    elif ctx.parent:
        content = load_object("the catalog", ctx.parent.params.get("catalog"), CatalogError)
    return TapMSTeams(config=dict(given.config), catalog=checked(content))


@contextmanager
def quiet(level: int) -> Iterator[None]:
    """Let the log tell nothing below a level meanwhile, unless it is to tell everything."""
    logger = logging.getLogger("tap-msteams")
    before = logger.level
    if logger.getEffectiveLevel() > logging.DEBUG:
        logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
