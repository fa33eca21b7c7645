"""The settings: every one of them, once.

The JSON schema for the SDK, the checks, and the tables in the README and in `meltano.yml` all
follow from the fields of `Settings`.
"""

from __future__ import annotations

from tap_msteams.settings.checks import wrong_environment
from tap_msteams.settings.clouds import CLOUDS
from tap_msteams.settings.methods import ALIASES, METHODS, infer_method
from tap_msteams.settings.rules import env_name, parse_moment, setting
from tap_msteams.settings.table import ON_ERROR, Settings, json_schema, problems

__all__ = [
    "ALIASES",
    "CLOUDS",
    "METHODS",
    "ON_ERROR",
    "Settings",
    "env_name",
    "infer_method",
    "json_schema",
    "parse_moment",
    "problems",
    "setting",
    "wrong_environment",
]
