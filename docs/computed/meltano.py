"""Meltano projects that read the default streams, without their costly columns."""

from __future__ import annotations

from pathlib import Path

import yaml

from docs.computed import streams

FIRST = """
plugins:
  extractors:
    - name: tap-msteams
      namespace: tap_msteams
      pip_url: git+https://git.example.com/tap-msteams.git  # where you cloned it from
      executable: tap-msteams
      capabilities: [about, activate-version, batch, catalog, discover, state, stream-maps]
      settings:
        - {name: tenant_id}
        - {name: client_id}
        - {name: client_secret, sensitive: true}
        - {name: start_date, kind: date_iso8601}
      select:
        [
@SELECT@
        ]
"""
"""The extractor alone."""

WHOLE = """
requires_meltano: ">=4.4,<5"
default_environment: prod
send_anonymous_usage_stats: false

environments:
  - name: prod

plugins:
  extractors:
    - name: tap-msteams
      namespace: tap_msteams
      pip_url: git+https://git.example.com/tap-msteams.git
      executable: tap-msteams
      capabilities: [about, activate-version, batch, catalog, discover, state, stream-maps]
      select:
        [
@SELECT@
        ]
      config:
        emit_activate_version_messages: true
      settings:
        - {name: auth_method}
        - {name: tenant_id}
        - {name: client_id}
        - {name: client_secret, sensitive: true}
        - {name: graph_url}
        - {name: authority_host}
        - {name: ca_bundle}
        - {name: teams, kind: array}
        - {name: start_date, kind: date_iso8601}
        - {name: end_date, kind: date_iso8601}
        - {name: on_error}
        - {name: shards, kind: integer}
        - {name: shard, kind: integer}
        - {name: shards_share_limits, kind: boolean}
        - {name: emit_activate_version_messages, kind: boolean}
  loaders:
    - name: target-postgres
      namespace: target_postgres
      pip_url: meltanolabs-target-postgres==0.8.1
      executable: target-postgres
      config:
        use_copy: true
        validate_records: false
      env:
        PGTZ: UTC
      settings:
        - {name: sqlalchemy_url, sensitive: true}
        - {name: host}
        - {name: port, kind: integer}
        - {name: user}
        - {name: password, sensitive: true}
        - {name: database}
        - {name: default_target_schema, value: $MELTANO_EXTRACT__LOAD_SCHEMA}
        - {name: use_copy, kind: boolean}
        - {name: validate_records, kind: boolean}
"""
"""A project with a loader, for production."""


def first() -> str:
    """The extractor alone."""
    return _block(FIRST)


def project() -> str:
    """A project with a loader."""
    return _block(WHOLE)


def marts() -> str:
    """The plugin of the marts, for a project that takes the dbt package from its repository."""
    project = yaml.safe_load((Path(__file__).parents[2] / "meltano.yml").read_text())
    [plugin] = [it for it in project["plugins"]["utilities"] if it["name"] == "dbt-postgres"]
    del plugin["label"]
    plugin["commands"] = {"deps": "deps", "build": "build"}
    for it in plugin["settings"]:
        it.pop("description", None)
        if it["name"] == "profiles_dir":
            it["value"] = "$MELTANO_PROJECT_ROOT/dbt/dbt_packages/msteams"
    settings = [f"        - {_flow(it)}" for it in plugin.pop("settings")]
    head = [f"      {name}: {_flow(value)}" for name, value in plugin.items()]
    head[0] = head[0].replace("      ", "    - ", 1)
    return "\n".join(["```yaml", "  utilities:", *head, "      settings:", *settings, "```"])


def _flow(value: object) -> str:
    """A value in one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000)
    return text.removesuffix("...\n").strip()


def _block(text: str) -> str:
    """A block of YAML, with the selected streams and columns."""
    select = "\n".join(" " * 10 + line for line in streams.first_select().splitlines())
    return f"```yaml\n{text.strip().replace('@SELECT@', select)}\n```"
