# SPDX-License-Identifier: Apache-2.0
"""Every statement of sql/query/, prepared by the server against the migrated database."""

import json
import os
import subprocess

import pytest

from conftest import running
from stack import APART, BUILD


@pytest.fixture(scope="module")
def seeded():
    for shop in running():
        shop.stack.program("seed", "--products", "20", "--users", "20")
        yield shop


def test_every_statement(shop):
    program = os.path.join(BUILD, "tests", "stmts", "test_stmts")
    if not os.path.exists(program):
        subprocess.run(["make", "-C", BUILD, "tests/stmts/test_stmts"], check=True, capture_output=True)
    done = subprocess.run([program, shop.stack.env["CONF"]], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "statements, no fault" in done.stdout


@pytest.mark.skipif(APART, reason="the bare client knows one database")
@pytest.mark.parametrize("way", ["one", "two"])
def test_the_bare_client_of_the_bench(seeded, way):
    """It sends what an exchange sends: a statement that changed must be changed there too."""
    env = dict(os.environ, BARE_PASSWORD=seeded.stack.setting("db", "password"),
               ASAN_OPTIONS="detect_leaks=0")    # what it holds to its end is no matter
    options = {"socket": seeded.stack.env["DB_SOCKET"], "threads": 2, "seconds": 1, "way": way, "users": 20, "products": 20,
               "seed": 1 + ["one", "two"].index(way)}
    command = [os.path.join(BUILD, "tests", "load", "bare_exchange")]
    for name, value in options.items():
        command += ["--" + name, str(value)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=env)
    said = json.loads(done.stdout)
    # A machine under load may keep a lock for too long, now and then; a fast one spends what some of the users have.
    assert said["requests"] > said["refused"] + 10 * said["failed"], (said, done.stderr)
    seeded.stack.verify()
