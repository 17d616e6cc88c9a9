# SPDX-License-Identifier: Apache-2.0
"""The instances that the tests share. Two runs side by side do not meet: each has its own directories and ports.

PM_BUILD (or STAGING_BUILD) names the build; STAGING_SANITIZE says that it is a sanitized one; PM_KEEP keeps what a
failed run left.
"""

import os
import random
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "fault")]

from client import DOCUMENT         # noqa: E402
from shop import Shop               # noqa: E402
from stack import BUILD, Stack      # noqa: E402

SEED = int(os.environ.get("PM_SEED") or random.SystemRandom().randrange(1 << 32))


def pytest_report_header():
    return [f"build: {BUILD}", f"PM_SEED={SEED}"]


def pytest_collection_modifyitems(items):
    """test_zz_* judge the run as a whole: they say nothing of a part of it."""
    here = os.path.dirname(os.path.abspath(__file__))
    whole = {f for f in os.listdir(here) if f.startswith("test_") and f.endswith(".py")}
    if whole - {os.path.basename(str(i.fspath)) for i in items} or any(
            "[" not in i.name and i.config.getoption("keyword") for i in items):
        items[:] = [i for i in items if "test_zz_" not in os.path.basename(str(i.fspath))]


@pytest.fixture(scope="session")
def rng():
    return random.Random(SEED)


def running(**options):
    stack = Stack(**options)
    try:
        yield Shop(stack.up())
    finally:
        stack.down()


@pytest.fixture(scope="session")
def shop():
    """The instance that most tests share: nobody stops anything in it."""
    yield from running()


@pytest.fixture(scope="session")
def rough():
    """The instance whose servers are stopped, frozen and killed; each test leaves it whole."""
    yield from running()


@pytest.fixture
def http(shop):
    return shop.http


@pytest.fixture
def user(shop):
    return shop.user()


@pytest.fixture
def product(shop):
    return shop.product()


@pytest.fixture(scope="session")
def document():
    return DOCUMENT
