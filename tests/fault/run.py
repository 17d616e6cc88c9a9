#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Faults, under load, and judged: see docs/faults.md.

  run.py [--short] [--seeds N] [--seed FIRST] [--out DIR] [SCENARIO ...]

PM_BUILD names the build, which was configured with --enable-failpoints; with PM_POINTS=apart the points lie in a database of
their own. --short: less of each."""

import argparse
import os
import random
import shutil
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "it")]

import checker                          # noqa: E402
import dump                             # noqa: E402
from load import History                # noqa: E402
from scenarios import SCENARIOS, shorten    # noqa: E402


def run_one(instance, scenario, seed, directory, options=()):
    """One seed of one scenario; the breaches, and what was done."""
    paths = [os.path.join(directory, name) for name in ("history.jsonl", "dump.jsonl")]
    history = History(paths[0])
    market = instance.market(history, seed, options)
    s = scenario(instance, market, seed)
    try:
        with market:
            s.spoil()
            s.mend()
            instance.heal()
            time.sleep(0.3)
        instance.quiet()
        market.settle()
        instance.at_rest()
        market.look_again()
    finally:
        history.close()
    if market.errors:
        raise market.errors[0]
    dump.dump(instance.stack, paths[1], instance.schemas)
    seen = checker.History(paths[0])
    return checker.judge(seen, checker.Dump(paths[1])), s.notes, seen


def told(seen):
    counts = {name: 0 for name in ("ok", "failed", "unknown")}
    retried = 0
    for op in seen.ops.values():
        counts[op.outcome] += 1
        retried += len(op.tries) > 1
    return ", ".join(f"{n} {name}" for name, n in counts.items()) + f", {retried} asked again"


class Runner:
    def __init__(self, args):
        self.args, self.failed, self.passed = args, 0, 0
        self.instances = {}

    def instance(self, kind):
        """One instance of a kind serves all its scenarios; another kind's is ended first."""
        if kind not in self.instances:
            self.end()
            self.instances[kind] = kind()
        return self.instances[kind]

    def end(self):
        for kind in list(self.instances):
            self.instances.pop(kind).down()

    def keep_logs(self, directory):
        for instance in self.instances.values():
            shutil.copytree(os.path.join(instance.stack.dir, "log"), os.path.join(directory, "log"), dirs_exist_ok=True)

    def run(self, name, seed):
        scenario = SCENARIOS[name]
        if why := scenario.instance.impossible():
            print(f"{name}: left out: {why}", flush=True)
            return
        directory = os.path.join(self.args.out, f"{name}-{seed}")
        os.makedirs(directory, exist_ok=True)
        begun = time.monotonic()
        try:
            breaches, notes, seen = run_one(self.instance(scenario.instance), scenario, seed, directory, scenario.options)
        except Exception:       # noqa: B902 (one scenario's failure is told, the others go on)
            traceback.print_exc()
            breaches, notes, seen = ["run: " + traceback.format_exc().splitlines()[-1]], {}, None
        if breaches:
            self.keep_logs(directory)
            self.end()          # what it left is not the next one's
        for breach in breaches[:20]:
            print(f"   {breach}")
        verdict = f"{len(breaches)} breaches" if breaches else "passed"
        print(f"{name} {seed}: {verdict} ({time.monotonic() - begun:.1f} s; {told(seen) if seen else ''}; "
              f"{ {k: len(v) if isinstance(v, list) else v for k, v in notes.items()} })", flush=True)
        if breaches:
            self.failed += 1
            print(f"   history, dump and logs: {directory}; again: tests/fault/run.py --seed {seed} {name}", flush=True)
        else:
            self.passed += 1


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seeds", type=int, default=1)
    p.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1000000))
    p.add_argument("--short", action="store_true")
    p.add_argument("--out", default="var/faults")
    p.add_argument("scenarios", nargs="*", metavar="SCENARIO", default=[])
    args = p.parse_args()
    if args.short:
        shorten()
    runner = Runner(args)
    names = args.scenarios or list(SCENARIOS)
    names.sort(key=lambda name: SCENARIOS[name].instance.__name__)
    try:
        for name in names:
            for seed in range(args.seed, args.seed + args.seeds):
                runner.run(name, seed)
    finally:
        runner.end()
    print(f"{runner.passed} passed, {runner.failed} failed")
    return 1 if runner.failed else 0


if __name__ == "__main__":
    sys.exit(main())
