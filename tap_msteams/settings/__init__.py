"""Settings: each one declared once.

The JSON schema for the SDK, the checks, and the documents and `meltano.yml` all
follow from the fields of `Settings` and their types.
"""

from __future__ import annotations

from tap_msteams.labels import env_name, label
from tap_msteams.settings.checks import wrong_environment
from tap_msteams.settings.clouds import CLOUDS
from tap_msteams.settings.methods import infer_method
from tap_msteams.settings.rules import Rule, rules
from tap_msteams.settings.table import RULES, Settings, json_schema, problems

__all__ = [
    "CLOUDS",
    "RULES",
    "Rule",
    "Settings",
    "env_name",
    "infer_method",
    "json_schema",
    "label",
    "problems",
    "rules",
    "wrong_environment",
]
