# SPDX-License-Identifier: Apache-2.0
"""tests/ledger/drive: the program's own ledger of points, at any time of day; and a model of it to hold it against."""

import os
import subprocess

from stack import BUILD

DAY_S = 86400
SHANGHAI_S = 8 * 3600


class Driver:
    """One process, one connection; several may run side by side."""

    def __init__(self, stack):
        program = os.path.join(BUILD, "tests", "ledger", "drive")
        if not os.path.exists(program):
            subprocess.run(["make", "-C", BUILD, "tests/ledger/drive"], check=True, capture_output=True)
        self.p = subprocess.Popen([program, stack.env["CONF"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  bufsize=1)

    def do(self, *words):
        self.p.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        assert line, f"{words}: it ended with {self.p.wait()}"
        return line.rstrip("\n")

    def now(self, s):
        assert self.do("now", s * 1000000) == "ok"

    def award(self, user, points, expires_s, source):
        return self.do("award", user, points, (expires_s or 0) * 1000000, source)

    def account(self, user):
        """(balance, debt, earned, spent, [(points, expires)])"""
        words = self.do("balance", user).split()
        assert words[-1] == "ok", words
        dates = [tuple(int(n) for n in w.split("@")) for w in words[4:-1]]
        return (*(int(w) for w in words[:4]), [(p, us // 1000000) for p, us in dates])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.stdin.close()
        assert self.p.wait(10) == 0
        self.p.stdout.close()


def grace_end(now_s, days=30):
    """The end of the day in Shanghai that is so many days ahead."""
    return ((now_s + SHANGHAI_S) // DAY_S + days + 1) * DAY_S - SHANGHAI_S


class Model:
    """One user's points as parcels: those that expire first go first. No arithmetic of stretches, no SQL."""

    NEVER = 1 << 60

    def __init__(self):
        self.parcels = {}       # expires: points
        self.debt = self.earned = self.spent = self.out = 0
        self.records = []       # (type, points, balance after)
        self.orders = {}        # order: [(expires, points)] as they were taken

    @property
    def balance(self):
        return sum(self.parcels.values())

    def record(self, kind, points):
        self.records.append((kind, points, self.balance))

    def come(self, kind, parcels):
        for expires, points in parcels:
            self.parcels[expires] = self.parcels.get(expires, 0) + points
        points = sum(p for _, p in parcels)
        self.record(kind, points)
        settled = min(points, self.debt)
        if settled:
            self.debt -= settled
            self.go("debt_settlement", settled)

    def go(self, kind, points):
        assert points <= self.balance
        taken = []
        left = points
        for expires in sorted(self.parcels):
            part = min(left, self.parcels[expires])
            if part:
                taken.append((expires, part))
                self.parcels[expires] -= part
                left -= part
        self.parcels = {e: p for e, p in self.parcels.items() if p}
        self.out += points
        self.record(kind, -points)
        return taken

    def award(self, points, expires):
        self.earned += points
        self.come("payment_reward", [(expires or self.NEVER, points)])

    def take(self, order, points):
        if self.debt or points > self.balance:
            return False
        self.spent += points
        self.orders[order] = self.go("mall_exchange", points)
        return True

    def refund(self, order, now_s):
        parcels = []
        for expires, points in self.orders.pop(order):
            parcels.append((expires if expires > now_s else grace_end(now_s), points))
        self.spent -= sum(p for _, p in parcels)
        self.come("mall_refund", parcels)

    def adjust(self, points):
        if -points > self.balance:
            return False
        if points > 0:
            self.earned += points
            self.come("adjust", [(self.NEVER, points)])
        else:
            self.go("adjust", -points)
        return True

    def expire(self, now_s):
        for expires in sorted(self.parcels):
            if expires > now_s:
                return
            self.go("expire", self.parcels[expires])

    def account(self):
        dates = [(p, e) for e, p in sorted(self.parcels.items()) if e != self.NEVER]
        return self.balance, self.debt, self.earned, self.spent, dates
