# SPDX-License-Identifier: Apache-2.0
"""The machine's and the database's clock in Asia/Shanghai: no time in an answer changes by that."""

import time
from datetime import datetime, timezone

import pytest

from shop import ORDERS, Shop
from stack import Stack, wait_until


@pytest.fixture(scope="module")
def shanghai():
    stack = Stack(db_options=["default-time-zone=+08:00"], env={"TZ": "Asia/Shanghai"})
    try:
        shop = Shop(stack.up())
        assert stack.one("SELECT @@system_time_zone") == "CST"
        assert stack.one("SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(), NOW())") in ("8", "7")
        yield shop
    finally:
        stack.down()


def seconds(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def near_now(text, offset=0):
    return abs(seconds(text) - offset - time.time()) < 60


def test_what_is_written_now_is_now(shanghai):
    u, p = shanghai.user(), shanghai.product()
    order = u.bought(p)
    shown = u.order(order).json
    assert near_now(shown["createdAt"]) and near_now(shown["exchangedAt"])
    assert near_now(shown["estimatedDelivery"], 3 * 86400)
    assert near_now(shanghai.http.get("/api/points/records", u.token).json["items"][0]["createdAt"])
    assert near_now(shanghai.http.get(f"/api/mall/inventory/{p}").json["updatedAt"])
    assert near_now(shanghai.http.get("/api/user/profile", u.token).json["createdAt"])
    assert near_now(shanghai.http.put("/api/user/profile", {"agreedTerms": "1"}, u.token).json["agreedTerms"]["agreedAt"])
    login = shanghai.http.post("/api/auth/login", {"code": "cClock"}).json
    assert near_now(login["user"]["createdAt"])
    assert shanghai.http.get("/api/points/balance", login["accessToken"]).status == 200
    assert shanghai.http.post("/api/auth/refresh", {"refreshToken": login["refreshToken"]}).status == 200


def test_the_database_holds_utc(shanghai):
    u, p = shanghai.user(), shanghai.product()
    order = u.bought(p, key="clock")
    for text in (f"SELECT ABS(TIMESTAMPDIFF(SECOND, created_at, NOW())) FROM exchange_orders WHERE id = '{order}'",
                 f"SELECT ABS(TIMESTAMPDIFF(SECOND, created_at, UTC_TIMESTAMP())) FROM points_records WHERE related_id = '{order}'",
                 "SELECT ABS(TIMESTAMPDIFF(SECOND, created_at, UTC_TIMESTAMP())) FROM idempotency_keys WHERE idem_key = 'clock'",
                 f"SELECT ABS(TIMESTAMPDIFF(SECOND, created_at, NOW())) FROM inventory_records WHERE related_order_id = '{order}'",
                 f"SELECT ABS(TIMESTAMPDIFF(SECOND, created_at, UTC_TIMESTAMP())) FROM outbox WHERE aggregate = '{u.id}' LIMIT 1"):
        assert shanghai.stack.number(text) < 60, text


def test_the_window_of_sale_is_in_utc(shanghai):
    """Four hours either way: eight would turn each of these round."""
    u = shanghai.user()
    now = int(time.time())

    def utc(offset):
        return datetime.fromtimestamp(now + offset, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    began = shanghai.product(available_from=utc(-4 * 3600), available_until=utc(4 * 3600))
    later = shanghai.product(available_from=utc(4 * 3600))
    over = shanghai.product(available_until=utc(-4 * 3600))
    assert u.exchange(began).status == 201
    assert u.exchange(later).code == u.exchange(over).code == "product_unavailable"
    shown = shanghai.direct.get(f"/api/mall/products/{began}").json
    assert seconds(shown["availableFrom"]) == now - 4 * 3600 and seconds(shown["availableUntil"]) == now + 4 * 3600


def test_the_demo_shops_times(shanghai, shop):
    """The same shop seen from both: the demo's orders lie in the past, and are delivered after they were made."""
    for s in (shanghai, shop):
        u = s.token("01980000-0000-7000-9000-000000000001")
        for o in s.http.get(ORDERS, u).json["items"]:
            assert seconds(o["createdAt"]) <= time.time() + 60
            assert "exchangedAt" not in o or seconds(o["exchangedAt"]) >= seconds(o["createdAt"])


def test_events_arrive(shanghai):
    u = shanghai.user()
    u.bought(shanghai.product())
    wait_until(lambda: shanghai.stack.number(f"SELECT COUNT(*) FROM user_preferences WHERE user_id = '{u.id}'") == 1, 10)


def test_all_is_in_order(shanghai):
    shanghai.stack.verify()
