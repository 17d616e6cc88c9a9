# SPDX-License-Identifier: Apache-2.0
"""Every statement of sql/query/, prepared by the server against the migrated database."""

import os
import subprocess

from stack import BUILD


def test_every_statement(shop):
    program = os.path.join(BUILD, "tests", "stmts", "test_stmts")
    if not os.path.exists(program):
        subprocess.run(["make", "-C", BUILD, "tests/stmts/test_stmts"], check=True, capture_output=True)
    done = subprocess.run([program, shop.stack.env["CONF"]], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "statements, no fault" in done.stdout
