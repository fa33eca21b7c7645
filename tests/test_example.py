"""Laws of the example on Airflow; `make airflow` runs it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import yaml

from tap_msteams.cli.program import Program
from tap_msteams.settings import Settings, env_name, rules
from tap_msteams.streams import STREAMS
from tap_msteams.tap import TapMSTeams

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "airflow"
DAG = (EXAMPLE / "dags" / "teams.py").read_text()
README = (EXAMPLE / "README.md").read_text()
PROJECT = yaml.safe_load((EXAMPLE / "meltano.yml").read_text())
[TAP], [LOADER] = PROJECT["plugins"]["extractors"], PROJECT["plugins"]["loaders"]


def test_the_example_has_settings_and_streams_that_exist():
    names = {it.partition(".")[0] for it in TAP["select"] if not it.startswith("!")}
    read = [stream for stream in STREAMS if stream.name in names]

    assert {it["name"] for it in TAP["settings"]} <= rules(Settings).keys()
    assert names == {stream.name for stream in read}
    assert TAP["select"][len(names) :] == [
        f"!{it.name}.{name}" for it in read for name in it.on_request
    ]


def test_the_loader_is_the_one_that_the_project_is_tested_with():
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    [tested] = [it for it in project["plugins"]["loaders"] if it["name"] == LOADER["name"]]

    assert LOADER["pip_url"] == tested["pip_url"]
    assert LOADER["config"].items() <= tested["config"].items()


def test_the_dag_sets_what_the_project_declares():
    declared = {env_name(it["name"]) for it in TAP["settings"]}
    named = {*re.findall(r"TAP_MSTEAMS_[A-Z_]*[A-Z]", DAG)}

    assert named == {"TAP_MSTEAMS_SHARDS", "TAP_MSTEAMS_SHARD"}
    assert named <= declared


def test_the_dag_calls_commands_that_exist():
    words = {node.value for node in ast.walk(ast.parse(DAG)) if isinstance(node, ast.Constant)}

    assert "merge-states" in words
    assert "merge-states" in Program.beside(TapMSTeams.get_singer_command()).commands


def test_the_readme_names_files_that_are_there():
    for name in re.findall(r"^\| `([^`]+)` \|", README, re.MULTILINE):
        assert (EXAMPLE / name).exists(), name
    for path in re.findall(r"\]\((?!https?:)([^)#]*)", README):
        assert (EXAMPLE / path).resolve().exists(), path
