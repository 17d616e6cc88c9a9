# SPDX-License-Identifier: Apache-2.0
"""Buyers and their operators who do whatever comes to their minds, all at once: exchange, hold, move an order any way, allowed
or not, repeat with the same key. Whatever the order of things was, in the end each point and each piece is where the answers say. POINTSMALL_FULL: more of it, from
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


# (who, the path's end, the body): from which statuses to which, as far as it is a move.
REASON = {"reason": "测试"}
MOVES = [
    ("user", "confirm", None, {0: 1}),
    ("user", "cancel", REASON, {0: 4, 1: 4}),
    ("user", "receive", None, {2: 3}),
    ("user", "return", REASON, {2: 5, 3: 5}),
    ("operator", "confirm", None, {0: 1}),
    ("operator", "cancel", REASON, {0: 4, 1: 4}),
    ("operator", "cancel", dict(REASON, outOfStock=True), {0: "gone", 1: "gone"}),
    ("operator", "ship", {"carrier": "顺丰", "trackingNo": "SF1"}, {1: 2}),
    ("operator", "delivery", {"deliveryStatus": 4, "description": "已签收"}, {2: 2}),
    ("operator", "return", {"accepted": True, "restock": True}, {5: 6}),
    ("operator", "return", {"accepted": True}, {5: "unfit"}),
    ("operator", "return", {"accepted": False}, {5: 3}),
]
# Where the points are back, and where the pieces are not.
POINTS_BACK, PIECES_OUT, SOLD = {4, "gone", 6, "unfit"}, {0, 1, 2, 3, 5, "gone", "unfit"}, {1, 2, 3, 5}


class Buyer(threading.Thread):
    """Keeps its own account of what the answers said."""

    def __init__(self, user, operator, products, seed):
        super().__init__()
        self.user, self.operator, self.products, self.rng = user, operator, products, random.Random(seed)
        self.client = Client(user.shop.stack)
        self.orders = {}        # order: [product, quantity, cost, status]
        self.sent = []          # (what sends it again, the answer)
        self.error = None

    def run(self):
        try:
            for _ in range(STEPS):
                self.rng.choice([self.buy, self.buy, self.move, self.move, self.move, self.repeat])()
        except Exception as e:      # pylint: disable=broad-except
            self.error = e

    def buy(self):
        (product, price), quantity, key = self.rng.choice(self.products), self.rng.randint(1, 3), new_id()
        wish = {"confirm": self.rng.random() < 0.6}
        send = lambda: self.user.exchange(product, quantity, key=key, client=self.client, **wish)   # noqa: E731
        a = send()
        assert a.status == 201 or a.json["code"] in ("out_of_stock", "insufficient_points"), a
        if a.status == 201:
            self.orders[a.json["exchangeOrderId"]] = [product, quantity, price * quantity, a.json["status"]]
            self.sent.append((send, a))

    def move(self):
        if not self.orders:
            return
        order = self.rng.choice(sorted(self.orders))
        who, end, body, ways = self.rng.choice(MOVES)
        mover, key = self.user if who == "user" else self.operator, new_id()
        send = lambda: mover.move(order, end, body, key=key, client=self.client)    # noqa: E731
        a = send()
        to = ways.get(self.orders[order][3])
        assert (a.status, a.json.get("code")) == ((200, None) if to is not None else (409, "invalid_state")), (
            self.orders[order], end, body, a)
        if to is not None:
            self.orders[order][3] = to
            self.sent.append((send, a))

    def repeat(self):
        if not self.sent:
            return
        send, was = self.rng.choice(self.sent)
        a = send()
        assert (a.status, a.body, a.header("Idempotency-Replayed")) == (was.status, was.body, "true"), a


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
    admin = shop.admin()
    buyers = [Buyer(u, admin, products, seed * 100 + k) for k, u in enumerate(shop.users(8, points=POINTS))]
    for b in buyers:
        b.start()
    for b in buyers:
        b.join()
    assert [b.error for b in buyers if b.error] == []
    orders = [o for b in buyers for o in b.orders.values()]
    for product, _ in products:
        of = [(q, s) for p, q, _, s in orders if p == product]
        assert shop.stock(product) == STOCK - sum(q for q, s in of if s in PIECES_OUT)
        assert shop.sales(product) == sum(q for q, s in of if s in SOLD)
    for b in buyers:
        assert b.user.balance() == POINTS - sum(cost for _, _, cost, s in b.orders.values() if s not in POINTS_BACK)
        for product, _ in products:
            assert b.user.counter(product) == sum(q for p, q, _, s in b.orders.values() if p == product and s not in POINTS_BACK)
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
