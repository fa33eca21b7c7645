"""Selection: the catalog of the commands that read samples of streams."""

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

    from tap_msteams.cli.command import Configuration

CATALOG = click.option(
    "--catalog", help="Catalog file with the selection. Default: the default streams."
)


def tap_of(ctx: click.Context, given: Configuration, catalog: str | None) -> TapMSTeams:
    """The tap with the given configuration and catalog, before or after the command's name."""
    content: dict[str, Any] | None = None
    if catalog:
        content = read_object("catalog", catalog, CatalogError)
    elif ctx.parent:
        content = load_object("the catalog", ctx.parent.params.get("catalog"), CatalogError)
    return TapMSTeams(config=dict(given.config), catalog=checked(content))


@contextmanager
def quiet(level: int) -> Iterator[None]:
    """Log nothing below this level meanwhile, unless the level of the log is DEBUG."""
    logger = logging.getLogger("tap-msteams")
    before = logger.level
    if logger.getEffectiveLevel() > logging.DEBUG:
        logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
