"""Microsoft's clouds."""

from __future__ import annotations

from typing import Literal

Cloud = Literal["global", "usgov", "usgov_dod", "china"]

CLOUDS: dict[Cloud, tuple[str, str]] = {
    "global": ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "usgov": ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "usgov_dod": ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": ("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
}
"""The addresses of Entra ID and Graph in each cloud. https://learn.microsoft.com/graph/deployments"""

OUTSIDE_CHINA: tuple[Cloud, ...] = ("global", "usgov", "usgov_dod")
"""All clouds but China's, which lacks much of Teams."""
