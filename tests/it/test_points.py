# SPDX-License-Identifier: Apache-2.0
"""Points for payments: how many, once, and what is owed first; balance and records as the user sees them."""

import json

import pytest

from client import together
from shop import new_id
from stack import wait_until


def emit(shop, *payloads):
    """Events of payments; their ids."""
    ids, text = [], ""
    for payload in payloads:
        ids.append(new_id())
        body = json.dumps(payload, ensure_ascii=False)
        text += ("INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, next_at) VALUES "
                 f"('{ids[-1]}', 'payment.success', 'payment', '[\"points\"]', '{payload['userId']}', '{body}', "
                 "UTC_TIMESTAMP(3), UTC_TIMESTAMP(3));")
    shop.stack.sql(f"START TRANSACTION; {text} COMMIT;")
    return ids


def state(shop, event):
    return shop.stack.number(f"SELECT state FROM outbox WHERE event_id = '{event}'")


def paid(shop, user, fen, **more):
    payload = dict({"userId": user.id, "amount": fen, "orderId": new_id()}, **more)
    event, = emit(shop, payload)
    wait_until(lambda: state(shop, event) == 1, 20, "the event")
    return payload


def records(shop, user, **query):
    return shop.http.pages("/api/points/records", user.token, **query)


def merchant(shop, rate):
    i = new_id("b")
    shop.stack.sql(f"INSERT INTO merchants (id, name, points_rate) VALUES ('{i}', '测试', {'NULL' if rate is None else rate})")
    return i


@pytest.mark.parametrize("fen, rate, points", [
    (100, "none", 1), (199, "none", 1), (12345, "none", 123), (12345, None, 123), (12345, 80, 98), (12345, 150, 184),
    (100, 99, 0), (99, 1000, 0), (12345, 0, 0), (0, "none", 0), (5000000000000, 250, 125000000000),
])
def test_how_many(shop, fen, rate, points):
    user = shop.user(0)
    more = {} if rate == "none" else {"merchantId": merchant(shop, rate)}
    payload = paid(shop, user, fen, **more)
    got = records(shop, user)
    if points == 0:
        assert got == [] and user.balance() == 0
        return
    r, = got
    assert (r["type"], r["points"], r["balanceAfter"], r["description"], r["relatedId"]) == (
        "payment_reward", points, points, "支付奖励", payload["orderId"])
    told, = (json.loads(x[0]) for x in shop.stack.sql(
        f"SELECT payload FROM outbox WHERE event_type = 'points.awarded' AND aggregate = '{user.id}'"))
    assert told == {"userId": user.id, "points": points, "balanceAfter": points, "recordId": r["id"],
                    "relatedId": payload["orderId"]}
    assert shop.http.get("/api/points/balance", user.token).json == {
        "balance": points, "held": 0, "debt": 0, "totalEarned": points, "totalSpent": 0, "expiring": []}


def test_a_merchant_that_is_not_there_has_no_rate(shop):
    user = shop.user(0)
    paid(shop, user, 1000, merchantId=new_id("b"))
    assert user.balance() == 10


def test_a_payment_earns_once(shop):
    """By whichever event it is told."""
    user = shop.user(0)
    payload = paid(shop, user, 1000)
    events = emit(shop, payload, dict(payload, amount=2000), payload)
    wait_until(lambda: {state(shop, e) for e in events} == {1}, 20, "the events")
    assert user.balance() == 10 and len(records(shop, user)) == 1
    source, = shop.stack.sql(f"SELECT source, outcome FROM points_sources WHERE user_id = '{user.id}'")
    assert source == [f"award:{payload['orderId']}:base", "1"]


def test_what_is_owed_is_settled_first(shop):
    user, product = shop.user(0), shop.product(price=1)
    shop.stack.sql(f"UPDATE users SET points_debt = 25 WHERE id = '{user.id}'")
    first = paid(shop, user, 1000)
    assert [(r["type"], r["points"], r["balanceAfter"], r["relatedId"]) for r in records(shop, user)] == [
        ("debt_settlement", -10, 0, first["orderId"]), ("payment_reward", 10, 10, first["orderId"])]
    assert user.exchange(product).code == "insufficient_points"
    paid(shop, user, 4000)
    a = shop.http.get("/api/points/balance", user.token).json
    assert (a["balance"], a["debt"], a["totalEarned"], a["totalSpent"]) == (25, 0, 50, 0)
    assert [r["points"] for r in records(shop, user, type="debt_settlement")] == [-15, -10]
    assert user.exchange(product).status == 201
    told = shop.stack.sql(f"SELECT event_type, payload FROM outbox WHERE event_type LIKE 'points.%' AND aggregate = '{user.id}' "
                          "ORDER BY seq")
    assert [(t, json.loads(p)["points"], json.loads(p)["balanceAfter"]) for t, p in told] == [
        ("points.awarded", 10, 10), ("points.adjusted", -10, 0), ("points.awarded", 40, 40), ("points.adjusted", -15, 25),
        ("points.consumed", 1, 24)]


def test_what_comes_back_settles_too(shop):
    user, product = shop.user(100), shop.product(price=60)
    order = user.bought(product)
    shop.stack.sql(f"UPDATE users SET points_debt = 45 WHERE id = '{user.id}'")
    a = user.cancel(order)
    assert a.status == 200, a
    assert [(r["type"], r["points"], r["balanceAfter"]) for r in records(shop, user)][:2] == [
        ("debt_settlement", -45, 55), ("mall_refund", 60, 100)]
    assert shop.http.get("/api/points/balance", user.token).json["debt"] == 0
    told = [json.loads(p) for _, p in shop.stack.sql("SELECT seq, payload FROM outbox WHERE event_type LIKE 'points.%' AND "
                                                     f"aggregate = '{user.id}' ORDER BY seq")]
    assert [(p["points"], p["balanceAfter"]) for p in told] == [(60, 40), (60, 100), (-45, 55)], \
        "each says the balance of its own record"
    shop.stack.verify()


def test_what_cannot_be_is_put_off(shop):
    user = shop.user(0)
    good = {"userId": user.id, "amount": 100, "orderId": new_id()}
    for change in ({"amount": -1}, {"amount": "100"}, {"amount": 1.5}, {"orderId": ""}, {"merchantId": "x"},
                   {"amount": 9223372036854775807, "merchantId": merchant(shop, 1000)}, {"userId": new_id()}):
        bad = dict(good, **change)
        event, = emit(shop, dict(bad))
        wait_until(lambda: shop.stack.number(f"SELECT attempts FROM outbox WHERE event_id = '{event}'") > 0, 20, str(change))
        shop.stack.sql(f"UPDATE outbox SET state = 2 WHERE event_id = '{event}'")
    assert user.balance() == 0 and records(shop, user) == []


def test_many_payments_at_once_are_a_chain(shop):
    user = shop.user(0)
    together(5, lambda i: emit(shop, *[{"userId": user.id, "amount": 100 * (k + 1), "orderId": new_id()} for k in range(6)]))
    wait_until(lambda: user.balance() == 5 * 21, 30, "all of them")
    got = list(reversed(records(shop, user)))
    assert [r["balanceAfter"] for r in got] == [sum(x["points"] for x in got[:i + 1]) for i in range(30)]
    shop.stack.verify()
