"""The definition for Meltano's Hub, as `_data/meltano/extractors/tap-msteams/` there wants it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from docs.computed.dbt import COMPUTED
from docs.computed.targets import PROJECT

DEFINITION = Path(__file__).parents[2] / "packaging" / "meltano-hub.yml"

ADDRESS = "https://git.example.com/tap-msteams"
"""Where the repository is published."""

METADATA = {
    "description": "Teams, channels, messages, chats, meetings, calls, shifts, files and reports.",
    "domain_url": "https://www.microsoft.com/microsoft-teams",
    "keywords": ["api", "meltano_sdk", "microsoft_graph"],
    "logo_url": "/assets/logos/extractors/msteams.png",
    "maintenance_status": "active",
    "pip_url": f"git+{ADDRESS}.git",
    "repo": ADDRESS,
    "variant": "tap-msteams",
    "settings_preamble": (
        "Which settings are needed depends on the way to sign in: see "
        f"[Sign in]({ADDRESS}/blob/main/docs/sign-in.md)."
    ),
    "next_steps": "`meltano invoke tap-msteams doctor` tries each selected stream, and says which "
    "permission is missing.",
}
"""What Meltano's own definition does not say."""

KEPT = (
    "capabilities", "executable", "label", "name", "namespace", "select",
    "settings_group_validation",
)  # fmt: skip


def definition() -> dict[str, Any]:
    """The definition, made of the one in meltano.yml."""
    project = yaml.safe_load(PROJECT.read_text())
    [extractor] = project["plugins"]["extractors"]
    settings = [_titled(setting) for setting in extractor["settings"]]
    kept = {name: extractor[name] for name in KEPT}
    return {**kept, **METADATA, "settings": sorted(settings, key=lambda it: it["name"])}


def _titled(setting: dict[str, Any]) -> dict[str, Any]:
    """A setting with a label."""
    return {"label": setting["name"].replace("_", " ").capitalize(), **setting}


def files() -> dict[Path, str]:
    """The definition's file; the Hub sorts all keys."""
    text = yaml.safe_dump(definition(), sort_keys=True, allow_unicode=True, width=100)
    return {DEFINITION: f"# {COMPUTED}\n{text}"}
