"""The SDK's plugin: settings, environment and state of the user, with clear errors."""

from __future__ import annotations

import os
import sys
from abc import abstractmethod
from typing import IO, TYPE_CHECKING, Any, ClassVar, Self, cast

from singer_sdk import Tap
from typing_extensions import override

from tap_msteams import logs, memory
from tap_msteams.declaration import StreamTap
from tap_msteams.errors import CatalogError, SettingsError, StateError
from tap_msteams.sdk import ConfigInput, classproperty, parse_environment_config
from tap_msteams.settings import env_name, json_schema, label, problems, wrong_environment
from tap_msteams.tap.catalog import checked
from tap_msteams.tap.inputs import load_object, read_object

if TYPE_CHECKING:
    from collections.abc import Collection

    import click

    from tap_msteams.declaration import TapStream


class Plugin(StreamTap):
    """A tap that names each problem in its settings, its environment and its state."""

    config_jsonschema: ClassVar[dict[str, Any]] = json_schema()

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        logs.configure(self.config)
        self.append_builtin_config(self.config_jsonschema)
        found = list(problems(self.config, self.config_jsonschema["properties"]))
        if found and raise_errors:
            raise SettingsError("\n".join(found))
        return found

    @classproperty
    @override
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - a property of the class
        """The settings in the environment, read one by one so that errors name theirs."""
        cls.append_builtin_config(cls.config_jsonschema)
        properties = cls.config_jsonschema["properties"]
        if wrong := list(wrong_environment(os.environ, properties)):
            raise SettingsError("\n".join(wrong))
        found: dict[str, Any] = {}
        for key, schema in properties.items():
            if os.environ.get(env_name(key)) == "":
                continue  # an empty variable sets nothing
            try:
                found |= parse_environment_config({"properties": {key: schema}}, "TAP_MSTEAMS_")
            except ValueError as error:
                msg = f"{label(key)} cannot be read: it needs another type"
                raise SettingsError(msg) from error
        return found

    @override
    def setup_mapper(self) -> None:
        _ = self.streams  # which select their keys in the catalog
        super().setup_mapper()

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        bookmarks = state.get("bookmarks") if state else {}
        if not isinstance(bookmarks, dict) or not all(
            isinstance(entry, dict) for entry in bookmarks.values()
        ):
            msg = (
                "the state is no Singer state: it must be the `value` of a STATE message, "
                "with `bookmarks` that map streams to objects"
            )
            raise StateError(msg)
        super().load_state(state)

    # The command line

    @abstractmethod
    def read(self) -> int:
        """Read all selected streams; returns the exit code."""

    @abstractmethod
    def check_test(self, selected: Collection[str]) -> None:
        """Raise TapError where a test of the connection could not read the selected streams."""

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # the SDK's taps differ from its plugins in the same way
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        tap = cls._of(config, catalog, state)
        memory.install()  # a large state has been read, and its text leaves memory
        sys.exit(tap.read())

    @classmethod
    def _of(
        cls, config: ConfigInput | None, catalog: IO[str] | None, state: IO[str] | None = None
    ) -> Self:
        """The tap for these files."""
        config = config or ConfigInput()
        return cls(
            config=config.config,
            state=load_object("the state", state, StateError),
            catalog=checked(load_object("the catalog", catalog, CatalogError)),
            parse_env_config=config.parse_env,
        )

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        catalog = ctx.params.get("catalog")
        if value == "all":
            config = ctx.params.get("config")
            selected = [it.name for it in cls._of(config, catalog).streams.values() if it.selected]
            tap = cls._of(config, None)
            tap.run_connection_test()  # of all streams
            tap.check_test(selected)
            ctx.exit()
        if value != "schema" or catalog is None:
            super().cb_test(ctx, param, value)
            return
        # The SDK's would write those of all streams, without their columns.
        tap = cls._of(ctx.params.get("config"), catalog)
        for stream in cast("list[TapStream]", list(tap.streams.values())):
            if stream.selected:
                stream.open(version=0)
        ctx.exit()

    @classmethod
    @override
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> ConfigInput:
        config: dict[str, Any] = {}
        for path in value:
            if path != "ENV":
                config |= read_object("config file", path, SettingsError)
        return ConfigInput(config=config, parse_env="ENV" in value)
