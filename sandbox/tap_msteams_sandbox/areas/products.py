"""Products: what a tenant has bought besides Teams, and may lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.endpoints import Call

COPILOT = "Microsoft 365 Copilot"
ENGAGE = "Viva Engage"
PHONE = "Teams Phone"
EVENTS = "webinars and town halls"


class Products:
    """The products of a tenant."""

    def __init__(self, _: Company) -> None:
        self.lacking: set[str] = set()


def require(call: Call, product: str) -> None:
    """Refuse a request where the tenant lacks a product.

    Microsoft's pages name the requirement, and no words of the refusal.
    """
    if product in call.tenant.part(Products).lacking:
        msg = f"The tenant does not have a license for {product}."
        raise GraphError(403, "Forbidden", msg)
