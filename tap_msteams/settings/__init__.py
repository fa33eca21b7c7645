"""Settings: each one declared once.

The JSON schema for the SDK, the checks, and the documents and `meltano.yml` all
follow from the fields of `Settings` and their types.
"""

from __future__ import annotations

from tap_msteams.settings.checks import wrong_environment
from tap_msteams.settings.clouds import CLOUDS
from tap_msteams.settings.forms import parse_moment
from tap_msteams.settings.methods import ALIASES, METHODS, infer_method
from tap_msteams.settings.rules import Rule, env_name, label, rules, setting
from tap_msteams.settings.table import RULES, Settings, json_schema, problems

__all__ = [
    "ALIASES",
    "CLOUDS",
    "METHODS",
    "RULES",
    "Rule",
    "Settings",
    "env_name",
    "infer_method",
    "json_schema",
    "label",
    "parse_moment",
    "problems",
    "rules",
    "setting",
    "wrong_environment",
]
