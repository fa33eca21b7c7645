"""What the documents for engineers, administrators and analysts say is so."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tap_msteams.cli.program import Program
from tap_msteams.run.run import EXIT_WITH_GAPS
from tap_msteams.settings import Settings, env_name, problems, rules
from tap_msteams.streams import STREAMS
from tap_msteams.tap import TapMSTeams
from tap_msteams_sandbox import Tenant
from tests.cloud import Sandbox
from tests.conftest import run_tap
from tests.documents import blocks as blocks_of
from tests.documents import chosen_by_default

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {
    name: (DOCS / f"{name}.md").read_text()
    for name in ("index", "running", "permissions", "tables", "behaviour")
}
PROJECT = yaml.safe_load((ROOT / "meltano.yml").read_text())
SETTINGS = rules(Settings)
VARIABLES = {env_name(name) for name in SETTINGS}
STREAM_NAMES = {stream.name for stream in STREAMS}
COMMANDS = Program.beside(TapMSTeams.get_singer_command()).commands
MELTANO = ROOT / ".tools" / "meltano" / "bin" / "meltano"

SIGN_IN = {"tenant_id": "contoso.com", "client_id": "0", "client_secret": "0"}


def blocks(page, language):
    """The code blocks of a page."""
    return blocks_of(PAGES[page], language)


def documents(page):
    """The YAML documents of a page."""
    return [item for block in blocks(page, "yaml") for item in yaml.safe_load_all(block)]


def with_key(key):
    """The YAML documents of the engineer's page that have a key."""
    return [item for item in documents("running") if key in item]


# Names


@pytest.mark.parametrize("page", PAGES)
def test_environment_variables_in_the_documents_are_settings(page):
    named = set(re.findall(r"TAP_MSTEAMS_[A-Z][A-Z_]*[A-Z]", PAGES[page]))

    assert named <= VARIABLES


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_the_documents_exist(page):
    scripts = [
        shlex.split(line.partition("#")[0])
        for block in blocks(page, "sh")
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith(("tap-msteams", "meltano", "make"))
    ]
    inline = [it.split() for it in re.findall(r"`((?:tap-msteams|meltano) [^`]*)`", PAGES[page])]
    makes = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = {
        "tap-msteams": set(COMMANDS),
        "make": makes,
        "meltano": {"el", "install", "invoke", "run", "state"},
    }

    for program, *rest in scripts + inline:
        while rest and rest[0].startswith("--environment"):
            rest.pop(0)
        word = rest[0] if rest else ""
        assert word.startswith("-") or word in known.get(program, {word}), (program, word)


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_configurations_are_accepted(page):
    for block in blocks(page, "json"):
        assert list(problems({**SIGN_IN, **json.loads(block)})) == []


# Meltano


def test_meltano_finds_nothing_wrong_with_the_projects_shown():
    [schema] = ROOT.glob(
        ".tools/meltano/lib/python*/site-packages/meltano/schemas/meltano.schema.json"
    )
    validator = Draft202012Validator(json.loads(schema.read_text()))
    [whole, *parts] = with_key("plugins")

    assert [error.message for error in validator.iter_errors(whole)] == []
    for part in parts:
        assert set(part) == {"plugins"}
        assert set(part["plugins"]) == {"extractors"}


def test_the_project_shown_has_settings_and_streams_that_exist():
    projects = with_key("plugins")
    loaders = {plugin["name"]: plugin for plugin in PROJECT["plugins"]["loaders"]}
    for project in projects:
        [tap] = project["plugins"]["extractors"]
        named = {it["name"] for it in tap.get("settings", ())} | {*tap.get("config", ())}
        chosen = {it.lstrip("!").partition(".")[0] for it in tap["select"]}

        assert named <= {*SETTINGS}
        assert chosen <= STREAM_NAMES
        for loader in project["plugins"].get("loaders", ()):
            own = loaders[loader["name"]]
            declared = {it["name"] for it in own["settings"]}
            assert {it["name"] for it in loader["settings"]} <= declared
            assert (loader["pip_url"], loader["config"], loader["env"]) == (
                own["pip_url"],
                own["config"],
                own["env"],
            )


def test_the_project_shown_reads_what_is_read_by_default():
    [tap] = with_key("plugins")[0]["plugins"]["extractors"]

    assert tap["select"] == chosen_by_default()


def test_the_project_shown_declares_what_the_page_sets_in_the_environment():
    [tap] = with_key("plugins")[0]["plugins"]["extractors"]
    declared = {env_name(it["name"]) for it in tap["settings"]}

    assert set(re.findall(r"TAP_MSTEAMS_[A-Z][A-Z_]*[A-Z]", PAGES["running"])) - declared <= {
        env_name(rule.name) for rule in SETTINGS.values() if rule.secret
    }


def test_extras_of_meltano_exist():
    [metadata] = ROOT.glob(".tools/meltano/lib/python*/site-packages/meltano-*.dist-info/METADATA")
    known = set(re.findall(r"^Provides-Extra: (.*)$", metadata.read_text(), re.MULTILINE))
    named = set(re.findall(r"meltano\[(\w+)\]", PAGES["running"]))

    assert named
    assert named <= known


@pytest.mark.skipif(not MELTANO.exists(), reason="needs `make setup`")
def test_streams_are_selected_on_the_command_line_of_meltano_as_shown():
    done = subprocess.run([MELTANO, "el", "--help"], cwd="/", capture_output=True, check=False)
    for option in set(re.findall(r"meltano el (.*)", PAGES["running"])):
        for word in re.findall(r"--[a-z-]+", option):
            assert word.encode() in done.stdout


def test_a_stream_on_the_command_line_is_one_that_the_project_selects():
    """`--select` chooses among these, and reads nothing where it names another one."""
    named = re.findall(r"--select [\"'](\w+)\.", " ".join(PAGES.values()))
    [tap] = with_key("plugins")[0]["plugins"]["extractors"]

    assert named
    assert {*named} <= {it.partition(".")[0] for it in tap["select"]}


# Schedules


def test_all_schedules_are_daily_and_the_same():
    [workflow] = with_key("jobs")
    [cron] = [item for item in with_key("kind") if item["kind"] == "CronJob"]
    # PyYAML takes the word `on` for true.
    times = [it["cron"] for it in workflow[True]["schedule"]] + [cron["spec"]["schedule"]]
    times += re.findall(r'schedule="([^"]*)"', blocks("running", "python")[0])
    times += re.findall(r"^((?:\S+ ){4}\S+) cd ", blocks("running", "crontab")[0], re.MULTILINE)

    assert len(times) == 4
    assert len(set(times)) == 1
    assert re.fullmatch(r"\d+ \d+ \* \* \*", times[0])


def test_no_schedule_lets_two_runs_overlap():
    [workflow] = with_key("jobs")
    [cron] = [item for item in with_key("kind") if item["kind"] == "CronJob"]

    assert workflow["concurrency"]["group"]
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"
    assert "max_active_runs=1" in blocks("running", "python")[0]
    assert "flock --nonblock" in blocks("running", "crontab")[0]


def test_the_workflow_signs_in_without_a_secret_of_microsofts():
    [workflow] = with_key("jobs")
    env = workflow["jobs"]["sync"]["env"]
    named = {it.removeprefix("TAP_MSTEAMS_").lower() for it in env if it.startswith("TAP_MSTEAMS")}
    values = dict.fromkeys(named, "0") | {"auth_method": "workload_identity"}

    assert workflow["permissions"]["id-token"] == "write"
    assert list(problems({**values, "tenant_id": "contoso.com", "federated_token_file": "t"})) == []


def test_the_cluster_vouches_for_the_account_that_the_job_has():
    account, cron = with_key("kind")
    pod = cron["spec"]["jobTemplate"]["spec"]["template"]
    [container] = pod["spec"]["containers"]
    env = {it["name"]: it["value"] for it in container["env"]}

    assert pod["spec"]["serviceAccountName"] == account["metadata"]["name"]
    assert pod["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    assert env["TAP_MSTEAMS_AUTH_METHOD"] == "workload_identity"
    assert blocks("running", "dockerfile")[0].splitlines()[-1] == 'ENTRYPOINT ["meltano"]'


def test_the_dag_runs_the_pipeline_and_leaves_secrets_to_airflow():
    tree = ast.parse(blocks("running", "python")[0])
    [operator] = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "BashOperator"
    ]
    given = {it.arg: it.value for it in operator.keywords}
    env = ast.literal_eval(given["env"])

    assert ast.literal_eval(given["bash_command"]) == "meltano run tap-msteams target-postgres"
    assert all("{{" in env[name] for name in env if "SECRET" in name or "PASSWORD" in name)
    [loader] = with_key("plugins")[0]["plugins"]["loaders"]
    declared = {f"TARGET_POSTGRES_{it['name'].upper()}" for it in loader["settings"]}
    assert {name for name in env if name.startswith("TARGET_")} <= declared


# Scripts


@pytest.fixture
def shell(tmp_path, shared_sandbox):
    """A folder with the tap on its path, and a way to run a script in it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    tap = programs / "tap-msteams"
    tap.write_text(f'#!/bin/sh\nexec {sys.executable} -m tap_msteams "$@"\n')
    target = tmp_path / "target" / "bin" / "target-jsonl"
    target.parent.mkdir(parents=True)
    target.write_text(
        "#!/bin/sh\ntee received | grep STATE | jq -c .value\nexit ${TARGET_CODE:-0}\n"
    )
    for program in (tap, target):
        program.chmod(0o755)

    def run(script, **environment):
        return subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={
                **os.environ,
                **shared_sandbox.environment(),
                "PATH": f"{programs}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    run.folder = tmp_path
    return run


needs_jq = pytest.mark.skipif(not shutil.which("jq"), reason="needs jq")


def first_commands(path):
    """The commands of a page that need the tap and a target alone."""
    scripts = re.findall(
        r"^( *)```sh\n(.*?)^\1```", (ROOT / path).read_text(), re.MULTILINE | re.DOTALL
    )
    lines = [line.strip() for _, script in scripts for line in script.splitlines()]
    others = ("make ", "pip ", "python3 -m venv ", "export ", "meltano ", "tap-msteams-sandbox ")
    return [line for line in lines if not line.startswith(others)]


@needs_jq
def test_the_first_commands_work_one_after_the_other(shell):
    commands = first_commands("docs/index.md")
    done = shell("set -e -o pipefail\n" + "\n".join(commands))

    assert {*first_commands("README.md")} < {*commands}
    assert done.returncode == 0, done.stderr
    assert '"stream":"messages"' in (shell.folder / "received").read_text()


@needs_jq
def test_the_script_keeps_the_state_and_the_worse_of_the_two_exit_codes(shell):
    [script] = [block for block in blocks("running", "sh") if "PIPESTATUS" in block]
    (shell.folder / "sync.sh").write_text(script)
    whole = shell("bash ./sync.sh")
    state = json.loads((shell.folder / "state.json").read_text())
    messages = (shell.folder / "received").read_text().count('"stream":"messages"')
    again = shell("bash ./sync.sh")
    fewer = (shell.folder / "received").read_text().count('"stream":"messages"')

    assert (whole.returncode, again.returncode) == (0, 0), whole.stderr
    assert state["bookmarks"]["messages"]
    assert 0 < fewer < messages / 10
    assert shell("bash ./sync.sh", TARGET_CODE="4").returncode == 4
    broken = shell("bash ./sync.sh", TAP_MSTEAMS_CLIENT_SECRET="wrong")
    assert broken.returncode == 1
    assert json.loads((shell.folder / "state.json").read_text())["bookmarks"]["messages"]


@needs_jq
def test_the_filter_selects_a_stream_in_the_catalog(shell):
    [script] = [block for block in blocks("running", "sh") if "jq" in block]
    done = shell(script)
    catalog = json.loads((shell.folder / "catalog.json").read_text())
    selected = {
        entry["tap_stream_id"]
        for entry in catalog["streams"]
        for item in entry["metadata"]
        if not item["breadcrumb"] and item["metadata"].get("selected")
    }

    assert done.returncode == 0, done.stderr
    assert "chats" in selected
    assert len(catalog["streams"]) == len(STREAMS)


def test_the_log_is_json_as_shown(shell):
    [configuration] = [block for block in blocks("running", "yaml") if "formatters" in block]
    (shell.folder / "logging.yml").write_text(configuration)
    done = shell("tap-msteams --config ENV", SINGER_SDK_LOG_CONFIG="logging.yml")
    told = [json.loads(line) for line in done.stderr.splitlines()]

    assert done.returncode == 0
    assert all({"level", "logger_name", "message"} <= set(line) for line in told)
    assert told[-1]["extra"]["run"]["exitCode"] == 0
    assert any("metric_info" in line for line in told)


def test_exit_codes_are_those_of_the_table():
    codes = re.findall(r"^\| ([\d, ]+) \|", PAGES["running"], re.MULTILINE)
    with Sandbox(Tenant(teams=1, channels=1, messages=1, users=1), roles=()) as nobody:
        gaps = run_tap(nobody.config(), streams={"users", "sync_issues"})

    assert codes == ["0", "1", "2", "3", "129, 130, 143"]
    assert gaps.code == EXIT_WITH_GAPS == 3
