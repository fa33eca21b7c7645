"""Fixtures for pytest, which finds this module by an entry point.

It stands outside of the package, for pytest loads it wherever the package is installed.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox import Sandbox, Tenant


class Open(Protocol):
    """Opens a sandbox; the parameters are those of Sandbox."""

    def __call__(self, tenant: Tenant | None = None, **options: Any) -> Sandbox:  # noqa: ANN401
        """Return a sandbox that listens until the test has ended."""


@pytest.fixture(scope="session")
def msteams_sandbox() -> Iterator[Sandbox]:
    """A sandbox for all tests; none of them may change it."""
    from tap_msteams_sandbox import Sandbox  # noqa: PLC0415 (when it is needed)

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def open_msteams_sandbox() -> Iterator[Open]:
    """Opens sandboxes of its own for a test, which may change them."""
    from tap_msteams_sandbox import Sandbox  # noqa: PLC0415 (as above)

    with ExitStack() as stack:

        def opened(tenant: Tenant | None = None, **options: Any) -> Sandbox:  # noqa: ANN401
            return stack.enter_context(Sandbox(tenant, **options))

        yield opened
