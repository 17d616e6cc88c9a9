#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The judge against real sabotage: a mall that was made to lose, and it must object.

  sabotage.py [--seed FIRST] [--out DIR]      PM_BUILD as for run.py

  log-in-memory     mariadbd with innodb_flush_log_at_trx_commit=0, and killed: what it acknowledged last was in memory alone
  read-then-write   a build whose guarded updates are a read and a write
  keys-dropped      on the way to the mall, somebody takes away the Idempotency-Key"""

import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "it")]

from run import run_one         # noqa: E402
from scenarios import CommitLost, DatabaseKilled, Instance, Scenario     # noqa: E402
from stack import BUILD         # noqa: E402

SEEDS = 3
CALL = "db_text(b->db, &b->text, q, args, nargs);"


def build():
    """A build of a copy of the tree, in which batches are assembled otherwise; its directory."""
    there = os.path.join(BUILD, "sabotage")
    shutil.rmtree(there, ignore_errors=True)
    source, made = os.path.join(there, "source"), os.path.join(there, "build")
    os.makedirs(made)
    shutil.copytree(ROOT, source, symlinks=True, ignore=shutil.ignore_patterns(".git", "var", "node_modules", "__pycache__"))
    path = os.path.join(source, "app", "store", "batch.c")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert text.count(CALL) == 1 and text.count("static int\nadd(") == 1, "app/store/batch.c is not what it was"
    text = text.replace(CALL, f"size_t from = b->text.len;\n\n\t\t{CALL}\n\t\tread_then_write(b, from);")
    text = text.replace("static int\nadd(", f'#include "{HERE}/sabotage/read_then_write.h"\n\nstatic int\nadd(')
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    subprocess.run([os.path.join(source, "configure"), "--enable-failpoints", "CFLAGS=-O1 -g"], cwd=made, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["make", "-s", "-j2", "all"], cwd=made, check=True, stdout=subprocess.DEVNULL)
    return made


class LogInMemory(Instance):
    db_options = ("innodb-flush-log-at-trx-commit=0",)


class ReadThenWrite(Instance):
    def prepare(self):
        self.stack.build = build()


class KilledInMemory(DatabaseKilled):
    instance = LogInMemory


class Raced(Scenario):
    instance = ReadThenWrite


# Its name: scenario, what the clients do, and checks of which one at least must object.
SABOTAGE = {
    "log-in-memory": (KilledInMemory, (), {"lost"}),
    "read-then-write": (Raced, (), {"points-chain", "stock-chain"}),
    "keys-dropped": (CommitLost, ("drop-keys",), {"extra"}),
}


def objects(name, seed, out):
    """Whether it objects within a few seeds, and what to."""
    scenario, options, expected = SABOTAGE[name]
    instance = scenario.instance()
    try:
        for seed in range(seed, seed + SEEDS):
            directory = os.path.join(out, f"{name}-{seed}")
            os.makedirs(directory, exist_ok=True)
            breaches, notes, _ = run_one(instance, scenario, seed, directory, options)
            found = {b.partition(":")[0] for b in breaches}
            print(f"{name} {seed}: {len(breaches)} objections ({', '.join(sorted(found)) or 'none'}; {notes})", flush=True)
            if found & expected:
                return True
    finally:
        instance.down()
    return False


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--out", default="var/faults")
    p.add_argument("names", nargs="*", metavar="SABOTAGE", default=[])
    args = p.parse_args()
    missed = [name for name in args.names or SABOTAGE if not objects(name, args.seed, args.out)]
    print(f"{len(args.names or SABOTAGE) - len(missed)} passed, {len(missed)} failed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
