# SPDX-License-Identifier: Apache-2.0
"""Buyers who do whatever comes to their minds, all at once: exchange, cancel, repeat with the same key. Whatever the
order of things was, in the end each point and each piece is where the answers say. POINTSMALL_FULL: more of it, from
several seeds, and at the size of a large shop."""

import os
import random
import threading

import pytest

from client import Client
from conftest import SEED, running
from shop import new_id

FULL = bool(os.environ.get("POINTSMALL_FULL"))
SEEDS = [SEED + k for k in range(8 if FULL else 1)]
STEPS = 150 if FULL else 40
POINTS = 5000
STOCK = 60
PRODUCT_ID = "01900000-0000-7000-8000-{:012x}"


class Buyer(threading.Thread):
    """Keeps its own account of what the answers said."""

    def __init__(self, user, products, seed):
        super().__init__()
        self.user, self.products, self.rng = user, products, random.Random(seed)
        self.client = Client(user.shop.stack)
        self.live = {}          # order: (product, quantity, cost)
        self.sent = []          # (key, product, quantity, answer)
        self.error = None

    def run(self):
        try:
            for _ in range(STEPS):
                self.rng.choice([self.buy, self.buy, self.cancel, self.repeat])()
        except Exception as e:      # pylint: disable=broad-except
            self.error = e

    def buy(self):
        (product, price), quantity, key = self.rng.choice(self.products), self.rng.randint(1, 3), new_id()
        a = self.user.exchange(product, quantity, key=key, client=self.client)
        assert a.status == 201 or a.json["code"] in ("out_of_stock", "insufficient_points"), a
        if a.status == 201:
            self.live[a.json["exchangeOrderId"]] = (product, quantity, price * quantity)
            self.sent.append((key, product, quantity, a))

    def cancel(self):
        if not self.live:
            return
        order = self.rng.choice(sorted(self.live))
        a = self.user.cancel(order, key=new_id(), client=self.client)
        assert a.status == 200, a
        del self.live[order]
        again = self.user.cancel(order, client=self.client)
        assert again.json["code"] == "invalid_state", again

    def repeat(self):
        if not self.sent:
            return
        key, product, quantity, was = self.rng.choice(self.sent)
        a = self.user.exchange(product, quantity, key=key, client=self.client)
        assert (a.status, a.body, a.header("Idempotency-Replayed")) == (201, was.body, "true"), a


@pytest.fixture(scope="module")
def unlimited():
    """Nobody is told to slow down."""
    yield from running(settings=["limits.user_rate=0"])


@pytest.mark.parametrize("seed", SEEDS)
def test_buyers_at_random(unlimited, seed):
    shop = unlimited
    print(f"seed {seed}")
    prices = [10, 35, 70, 120]
    products = list(zip([shop.product(stock=STOCK, price=p) for p in prices], prices))
    buyers = [Buyer(u, products, seed * 100 + k) for k, u in enumerate(shop.users(8, points=POINTS))]
    for b in buyers:
        b.start()
    for b in buyers:
        b.join()
    assert [b.error for b in buyers if b.error] == []
    orders = [o for b in buyers for o in b.live.values()]
    for product, _ in products:
        assert shop.stock(product) == STOCK - sum(q for p, q, _ in orders if p == product)
        assert shop.sales(product) == STOCK - shop.stock(product)
    for b in buyers:
        assert b.user.balance() == POINTS - sum(cost for _, _, cost in b.live.values())
    shop.stack.verify()


def a_large_shop():
    """100,000 products and 1,000,000 users: every sort is walked a way in, an exchange works, and the ledgers agree."""
    for shop in running():
        shop.stack.program("seed", "--products", "100000", "--users", "1000000", timeout=900)
        for sort in ("default", "points_asc", "points_desc", "sales", "newest"):
            cursor, seen = None, []
            for _ in range(50):
                page = shop.direct.get("/api/mall/products",
                                       query={"sort": sort, "limit": 100, **({"cursor": cursor} if cursor else {})}).json
                seen += [p["id"] for p in page["items"]]
                cursor = page["nextCursor"]
            assert len(set(seen)) == len(seen) == 5000
        shop.user().bought(PRODUCT_ID.format(77777), quantity=1)
        shop.stack.program("verify", timeout=900)


if FULL:
    test_a_large_shop = a_large_shop
