"""The sandbox's facts are settings of the tap, without the one knowing the other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tap_msteams.settings import Settings, problems
from tap_msteams_sandbox.facts import AUTH_METHODS


@pytest.mark.parametrize("way", AUTH_METHODS)
def test_each_way_of_signing_in_is_a_valid_configuration(shared_sandbox, way):
    config = shared_sandbox.config(way)

    assert list(problems(config)) == []
    assert Settings.from_config(config).graph_url == shared_sandbox.graph_url
    assert all(Path(config[key]).read_text() for key in config if key.endswith(("_path", "_file")))


@pytest.mark.parametrize("way", AUTH_METHODS)
def test_the_sandbox_hands_the_same_to_a_command(shared_sandbox, way):
    config, variables = shared_sandbox.config(way), shared_sandbox.environment(way)
    config.pop("access_token", None)  # a new one each time
    found = {key: value for key, value in variables.items() if key.startswith("TAP_MSTEAMS_")}

    for key, value in config.items():
        text = found.pop(f"TAP_MSTEAMS_{key.upper()}")
        assert text == (value if isinstance(value, str) else json.dumps(value))
    assert found.keys() <= {"TAP_MSTEAMS_TOKEN_CACHE_PATH", "TAP_MSTEAMS_ACCESS_TOKEN"}


def test_tokens_of_a_sandbox_are_kept_with_it(open_sandbox):
    store = Path(open_sandbox().environment()["TAP_MSTEAMS_TOKEN_CACHE_PATH"])

    assert store.parent.is_dir()
    assert store.parent != Path(open_sandbox().environment()["TAP_MSTEAMS_TOKEN_CACHE_PATH"]).parent
