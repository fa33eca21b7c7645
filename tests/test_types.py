"""What is said to type checkers is true, and what the SDK keeps to itself has one place."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest

from tap_msteams.errors import SettingsError
from tap_msteams.settings import CLOUDS, Settings, rules
from tap_msteams.settings.clouds import Cloud
from tap_msteams.settings.methods import METHODS, AuthMethod

ROOT = Path(__file__).parent.parent
CODE = ("benchmarks", "demo", "sandbox", "tap_msteams", "tests")
BARE = {"auth_method": "managed_identity"}
FULL = {**BARE, "proxy_url": "http://x", "teams": ["a"], "membership_types": ["shared"]}
SETTINGS = Settings.from_config(BARE)
PROGRAM = """
from collections.abc import Sequence
from tap_msteams.settings import Settings

settings: Settings
"""


def test_a_type_checker_refuses_what_may_be_absent_and_nothing_else(tmp_path):
    program = PROGRAM
    for name, rule in rules(Settings).items():
        kind = "Sequence[str]" if rule.is_list else rule.kind.__name__
        program += f"{name}: {kind} = settings.{name}\n"
    path = tmp_path / "program.py"
    path.write_text(f"{program}settings.proxy_url.upper()\n")
    options = ("--strict", "--config-file=", f"--cache-dir={tmp_path}", path.name)
    command = (sys.executable, "-m", "mypy", *options)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    numbers = [int(it) for it in re.findall(r"^program.py:(\d+): error", done.stdout, re.MULTILINE)]
    refused = [path.read_text().splitlines()[number - 1].partition(":")[0] for number in numbers]
    absent = [name for name in rules(Settings) if getattr(SETTINGS, name) is None]
    assert refused == [*absent, "settings.proxy_url.upper()"], done.stdout


@pytest.mark.parametrize("config", [BARE, FULL], ids=("bare", "full"))
def test_every_setting_is_what_its_type_says(config):
    settings = Settings.from_config(config)
    for name, kind in get_type_hints(Settings).items():
        msgspec.convert(getattr(settings, name), kind, strict=True)


def test_choices_with_more_to_them_are_all_described():
    assert get_args(AuthMethod) == (*METHODS,)
    assert get_args(Cloud) == (*CLOUDS,)


def test_a_setting_that_is_needed_and_absent_is_named():
    with pytest.raises(SettingsError, match=r"'people_key' \(env TAP_MSTEAMS_PEOPLE_KEY\) is miss"):
        SETTINGS.need("people_key")


def test_private_names_of_the_sdk_are_imported_in_one_place():
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in CODE
        for path in (ROOT / folder).rglob("*.py")
        if any(map(is_private, imported(path)))
    }
    assert found == {"tap_msteams/sdk.py"}


def imported(path):
    """The full names that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_private(name):
    first, *rest = name.split(".")
    return first == "singer_sdk" and any(part.startswith("_") for part in rest)
