"""What the README shows is what happens."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tap_msteams_sandbox import Sandbox, Tenant, cli, facts, faults

README = (Path(__file__).parents[1] / "README.md").read_text()
SECTIONS = dict(
    zip(*[iter(re.split(r"^## (.*)\n", README, flags=re.MULTILINE)[1:])] * 2, strict=True)
)
SHELL = "In a shell"


def blocks(kind, text=README):
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def shell():
    """Runs a script in the shell that the README opens."""
    with Sandbox(Tenant(teams=3)) as sandbox:

        def run(script):
            # Coverage is of this package, not of what a shell starts.
            return subprocess.run(
                ["bash", "-eu", "-c", script],
                env=cli.environment(sandbox),
                capture_output=True,
                text=True,
                timeout=120,
                check=True,
            ).stdout

        yield sandbox, run


def test_the_commands_for_a_shell_work_one_after_the_other(shell):
    sandbox, run = shell
    mine, token = (json.loads(it) for it in outputs(run)[:2])

    assert {team["id"] for team in mine["value"]} == {
        team.id for team in sandbox.tenant.teams.values() if sandbox.tenant.me in team.people
    }
    assert sandbox.entra.claims(token["access_token"])["idtyp"] == "app"


def test_the_control_addresses_say_and_do_what_the_readme_tells(shell):
    sandbox, run = shell
    days = sandbox.tenant.days
    *_, told, authority, counted, changed, again = outputs(run)

    assert json.loads(told)["graph_url"] == sandbox.graph_url
    assert authority == Path(sandbox.ca_bundle).read_text()
    assert json.loads(counted)["endpoints"] == {"GET /me/joinedTeams": len(sandbox.requests)}
    assert json.loads(changed)["posts"] > 0
    assert json.loads(again)["posts"] > 0
    assert sandbox.tenant.days == days + 2


@pytest.mark.parametrize(("kind", "program"), [("python", sys.executable), ("js", "node")])
def test_the_programs_read_all_teams(shell, tmp_path, kind, program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not on this machine")
    sandbox, run = shell
    [text] = blocks(kind, SECTIONS["From Python and JavaScript"])
    script = tmp_path / f"read_teams.{'mjs' if kind == 'js' else 'py'}"
    script.write_text(text)

    names = run(shlex.join([program, str(script)])).splitlines()
    assert names == [team.name for team in sandbox.tenant.teams.values()]


def test_the_container_runs_a_command_that_exists():
    text = (Path(__file__).parents[1] / "Containerfile").read_text()
    name, *options = json.loads(re.search(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)[1])
    done = CliRunner().invoke(cli.main, [*options, "--describe"])

    assert (name, done.exit_code) == ("tap-msteams-sandbox", 0)
    port = int(options[options.index("--port") + 1])
    [exposed] = re.findall(r"^EXPOSE (.*)$", text, re.MULTILINE)
    assert [int(it) for it in exposed.split()] == list(range(port, port + 5))


def outputs(run):
    """What each of the commands for a shell prints."""
    [define, *commands] = re.split(r"(?m)^(?=ask )", "".join(blocks("sh", SECTIONS[SHELL])))
    marked = "".join(f"{command}printf '\\0'\n" for command in commands)
    *found, rest = run(define + marked).split("\0")
    assert not rest
    assert len(found) == len(commands)
    return found


@pytest.mark.parametrize("line", "".join(blocks("console")).splitlines())
def test_every_command_has_options_that_exist(line):
    name, *arguments = shlex.split(line.removeprefix("$ "))
    if name == "pip":
        assert arguments == ["install", "./sandbox"]
        return
    assert name == "tap-msteams-sandbox"
    options = arguments[: arguments.index("--")]
    done = CliRunner().invoke(cli.main, [*options, "--", "true"])

    assert (done.exit_code, done.output) == (0, "")


def test_every_option_that_is_named_exists():
    known = {name for option in cli.main.params for name in option.opts}
    named = set(re.findall(r"`(--[a-z-]+)", README)) - {"--help"}

    assert named
    assert named <= known


def test_the_tests_for_pytest_pass(tmp_path):
    [examples] = blocks("python", SECTIONS["In pytest"])
    (tmp_path / "test_my_connector.py").write_text(examples)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={
            **{name: it for name, it in os.environ.items() if "COVERAGE" not in name},
            "REQUESTS_CA_BUNDLE": "/nowhere",  # what a machine may have set
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert f"{examples.count('def test_')} passed" in done.stdout


def test_the_connector_in_the_readme_adds_its_variables(tmp_path, monkeypatch):
    [register] = blocks("toml")
    [code] = blocks("python", SECTIONS["What a client needs to know"])
    group, name, entry = re.fullmatch(
        r'\[project\.entry-points\."(.*)"\]\n(.*) = "(.*)"\n', register
    ).groups()
    package, _, module = entry.partition(":")[0].partition(".")
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    (tmp_path / package / f"{module}.py").write_text(code)
    about = tmp_path / f"{package}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\n{name} = {entry}\n")
    monkeypatch.syspath_prepend(tmp_path)

    with Sandbox(Tenant(teams=0, users=1)) as sandbox:
        assert sandbox.environment()["MY_CONNECTOR_GRAPH"] == sandbox.graph_url


def test_all_ways_to_sign_in_and_all_faults_are_told():
    ways = set(re.findall(r"`(\w+)`", SECTIONS["Ways to sign in"]))

    assert set(facts.AUTH_METHODS) <= ways
    kinds = {*faults.KINDS, *faults.SIGN_IN_KINDS}
    assert kinds == set(re.findall(r"^\| \[`([\w-]+)`\]", README, re.MULTILINE))
