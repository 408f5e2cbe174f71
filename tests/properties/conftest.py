"""A life that runs away ends as a failure with its example, and not with the machine."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

#: Address space of a process that runs properties: many times what they need.
BYTES_MAX = 8 * 2**30


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_AS)
    hard = before[1]
    most = BYTES_MAX if hard == resource.RLIM_INFINITY else min(BYTES_MAX, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)
