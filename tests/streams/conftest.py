from __future__ import annotations

import pytest

from tests.clock import Clock


@pytest.fixture
def clock():
    """Graph's clock, which a test moves."""
    return Clock()


@pytest.fixture
def sandbox(open_sandbox, clock):
    """A small tenant that a test may change."""
    return open_sandbox(clock=clock)
