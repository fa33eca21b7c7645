"""Private names of the SDK that the tap needs: no other module imports any."""

from __future__ import annotations

from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.helpers._batch import BatchConfig
from singer_sdk.helpers._catalog import pop_deselected_record_properties
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.plugin_base import _ConfigInput as ConfigInput

__all__ = [
    "BatchConfig",
    "ConfigInput",
    "classproperty",
    "parse_environment_config",
    "pop_deselected_record_properties",
]
