# SPDX-License-Identifier: Apache-2.0
"""exchangePoints, the heart: success, every refusal in its precedence, and what must be true of the books afterwards."""

import json
import time

import pytest

from client import together
from shop import DELIVERY, EXCHANGE, ORDERS, new_id
from stack import is_id, wait_until


def refused(a, code):
    assert (a.status, a.code) == (409, code), a
    return a


def test_success(shop):
    u = shop.user(1000)
    p = shop.product(stock=10, price=120, merchant_id="01980000-0000-7000-b000-000000000002")
    a = u.exchange(p, 3, pointsCost=360, source="home", confirm=True)
    assert a.status == 201
    got = a.json
    assert got["success"] is True and got["status"] == 1 and got["remainingPoints"] == 640
    assert is_id(got["exchangeOrderId"]) and 1 <= len(got["orderNo"]) <= 32
    assert a.header("Idempotency-Replayed") is None
    assert u.balance() == 640 and shop.stock(p) == 7 and shop.sales(p) == 3 and u.counter(p) == 3
    order = u.order(got["exchangeOrderId"]).json
    assert (order["orderNo"], order["quantity"], order["pointsCost"], order["status"], order["deliveryStatus"]) == (
        got["orderNo"], 3, 360, 1, 1)
    assert order["estimatedDelivery"] == got["estimatedDelivery"] and order["deliveryInfo"] == DELIVERY
    days = shop.stack.number(f"SELECT DATEDIFF(estimated_delivery, created_at) FROM exchange_orders WHERE id = '{order['id']}'")
    assert days == 2, "the merchant's days"
    ledger = shop.stack.sql("SELECT change_type, quantity_change, stock_after, seq FROM inventory_records WHERE "
                            f"related_order_id = '{order['id']}'")
    apart = [["3", "-3", "7", "2"], ["4", "3", "10", "3"], ["2", "-3", "7", "4"]]   # held until its points are taken
    assert ledger == (apart if shop.stack.apart else [["2", "-3", "7", "2"]])


def test_the_events_of_an_exchange(shop):
    u = shop.user(1000)
    p = shop.product(price=120, category_id=shop.category())
    order = u.bought(p, 2)
    events = u.events("event_type, source, targets, payload")
    assert [e[0] for e in events] == ["points.consumed", "mall.product.exchanged"]
    consumed, exchanged = json.loads(events[0][3]), json.loads(events[1][3])
    record = consumed.pop("recordId")
    assert consumed == {"userId": u.id, "points": 240, "balanceAfter": 760, "relatedId": order}
    assert shop.stack.one(f"SELECT id FROM points_records WHERE user_id = '{u.id}' AND seq = 2") == record
    assert exchanged == {"userId": u.id, "productId": p, "quantity": 2, "pointsCost": 240, "orderId": order}
    assert events[1][1] == "exchange" and set(json.loads(events[1][2])) == {"profile", "recommend", "notify", "stats"}
    for event in events:
        for private in DELIVERY.values():
            assert private not in event[3]


def test_the_event_reaches_the_profile_once(shop):
    u = shop.user(1000)
    category = shop.category()
    p = shop.product(price=120, category_id=category)

    def preferences():
        return shop.stack.sql(f"SELECT category_id, exchanges, points_spent FROM user_preferences WHERE user_id = '{u.id}'")
    u.bought(p, 2, key="k1")
    u.exchange(p, 2, key="k1")      # a replay is no second exchange
    wait_until(lambda: preferences() == [[category, "1", "240"]], 10, "the preference")
    u.bought(p)
    wait_until(lambda: preferences() == [[category, "2", "360"]], 10, "the second")
    # Delivered again, as after a crash between the consumer and the mark: applied once all the same.
    shop.stack.sql(f"UPDATE outbox SET state = 0, next_at = UTC_TIMESTAMP(3) WHERE aggregate = '{u.id}'")
    wait_until(lambda: shop.stack.number(f"SELECT COUNT(*) FROM outbox WHERE aggregate = '{u.id}' AND state = 0") == 0, 10,
               "the second delivery")
    assert preferences() == [[category, "2", "360"]]


def test_who_wants_no_personalisation_has_no_profile(shop):
    u = shop.user(1000)
    assert shop.http.put("/api/user/profile", {"personalized": False}, u.token).status == 200
    u.bought(shop.product())
    wait_until(lambda: shop.stack.number(f"SELECT COUNT(*) FROM outbox WHERE aggregate = '{u.id}' AND state = 0") == 0, 10)
    assert shop.stack.sql(f"SELECT * FROM user_preferences WHERE user_id = '{u.id}'") == []


# ---- refusals, in their precedence ----

def test_product_unavailable(shop, user):
    for p in (new_id(), shop.product(status=0), shop.product(deleted_at="2026-01-01 00:00:00"),
              shop.product(available_from="2099-01-01 00:00:00"), shop.product(available_until="2026-01-01 00:00:00")):
        refused(user.exchange(p), "product_unavailable")
    assert user.orders() == 0 and user.balance() == 100000


def test_price_changed_tells_the_new_cost(shop, user):
    p = shop.product(price=100)
    a = refused(user.exchange(p, 2, pointsCost=100), "price_changed")
    assert a.json["pointsCost"] == 200
    assert user.exchange(p, 2, pointsCost=200).status == 201
    shop.change(p, points_price=90)
    assert refused(user.exchange(p, 1, pointsCost=100), "price_changed").json["pointsCost"] == 90
    assert user.exchange(p, 1, pointsCost=None).status == 201
    assert user.balance() == 100000 - 200 - 90


def test_purchase_limit(shop, user):
    p = shop.product(stock=100, purchase_limit=3)
    refused(user.exchange(p, 4), "purchase_limit_exceeded")
    user.bought(p, 2)
    refused(user.exchange(p, 2), "purchase_limit_exceeded")
    order = user.bought(p, 1)
    refused(user.exchange(p, 1), "purchase_limit_exceeded")
    user.cancel(order)
    user.bought(p, 1)
    assert user.counter(p) == 3 and shop.stock(p) == 97
    assert shop.user().exchange(p, 3).status == 201, "it is per user"


def test_a_limit_set_later_counts_earlier_orders(shop, user):
    p = shop.product(stock=100)
    user.bought(p, 5)
    shop.change(p, purchase_limit=5)
    refused(user.exchange(p), "purchase_limit_exceeded")


def test_insufficient_points(shop):
    u = shop.user(199)
    p = shop.product(price=100)
    refused(u.exchange(p, 2), "insufficient_points")
    u.bought(p, 1)
    refused(u.exchange(p, 1), "insufficient_points")
    assert u.balance() == 99 and u.orders() == 1
    exact = shop.user(200)
    assert exact.exchange(p, 2).json["remainingPoints"] == 0
    assert refused(shop.user(0).exchange(p), "insufficient_points").json["detail"]


def test_nothing_while_a_debt_stands(shop, user):
    p = shop.product()
    shop.stack.sql(f"UPDATE users SET points_debt = 1 WHERE id = '{user.id}'")
    refused(user.exchange(p), "insufficient_points")
    shop.stack.sql(f"UPDATE users SET points_debt = 0 WHERE id = '{user.id}'")
    assert user.exchange(p).status == 201


def test_out_of_stock(shop, user):
    p = shop.product(stock=3)
    refused(user.exchange(p, 4), "out_of_stock")
    user.bought(p, 3)
    refused(user.exchange(p), "out_of_stock")
    refused(user.exchange(p), "out_of_stock")       # by the flag, perhaps
    assert user.counter(p) == 3 and shop.stock(p) == 0
    refused(user.exchange(shop.product(stock=0)), "out_of_stock")


def test_precedence(shop):
    """Everything is wrong at once, and then one thing after another is mended."""
    u = shop.user(0)
    p = shop.product(stock=1, price=100, purchase_limit=1, status=0)
    wish = {"quantity": 2, "pointsCost": 1}
    refused(u.exchange(p, **wish), "product_unavailable")
    shop.change(p, status=1)
    refused(u.exchange(p, **wish), "price_changed")
    wish["pointsCost"] = 200
    refused(u.exchange(p, **wish), "purchase_limit_exceeded")
    shop.change(p, purchase_limit=None)
    refused(u.exchange(p, **wish), "insufficient_points")
    rich = shop.user(1000)
    refused(rich.exchange(p, **wish), "out_of_stock")
    shop.restock(p, 1)
    assert rich.exchange(p, **wish).status == 201


def test_over_int_cost_is_400(shop, user):
    p = shop.product(stock=1000, price=2147483647)
    a = user.exchange(p, 2)
    assert (a.status, a.code) == (400, "invalid_request") and a.fields() == {"quantity"}
    refused(user.exchange(p, 1), "insufficient_points")
    rich = shop.user(3000000000)
    assert rich.exchange(p, 1).json["remainingPoints"] == 3000000000 - 2147483647


@pytest.mark.parametrize("more,fields", [
    ({"quantity": 0}, {"quantity"}), ({"quantity": 100}, {"quantity"}), ({"quantity": -1}, {"quantity"}),
    ({"pointsCost": 0}, {"pointsCost"}), ({"pointsCost": -5}, {"pointsCost"}), ({"pointsCost": 2147483648}, {"pointsCost"}),
    ({"confirm": 0}, {"confirm"}), ({"confirm": None}, {"confirm"}), ({"addressId": "x"}, {"addressId"}),
    ({"source": "x" * 33}, {"source"}), ({"userId": "x"}, {"userId"}), ({"productId": None}, {"productId"}),
    ({"deliveryInfo": []}, {"deliveryInfo"}), ({"deliveryInfo": {}}, {"deliveryInfo.receiverName", "deliveryInfo.receiverPhone",
                                                                    "deliveryInfo.address"}),
    ({"deliveryInfo": dict(DELIVERY, carrier="x")}, {"deliveryInfo.carrier"}),
    ({"deliveryInfo": dict(DELIVERY, receiverName=" ", address="\u3000 ")}, {"deliveryInfo.receiverName", "deliveryInfo.address"}),
])
def test_bad_wishes(shop, user, product, more, fields):
    a = shop.http.post(EXCHANGE, user.wish(product, **{"quantity": 1, **more}), user.token)
    assert (a.status, a.code) == (400, "invalid_request") and a.fields() == fields, a
    assert user.orders() == 0


def test_a_category_or_merchant_that_is_gone(shop, user):
    """What the product points at may be off: the exchange goes on."""
    category = shop.category(status=0)
    p = shop.product(category_id=category)
    assert user.order(user.bought(p)).json["product"]["category"]["id"] == category


# ---- many at once ----

def test_200_buyers_of_a_stock_of_10(shop):
    p = shop.product(stock=10, price=100)
    buyers = shop.users(200, 1000)
    answers = together(200, lambda i: buyers[i].exchange(p, key=f"rush-{i}"))
    won = [i for i, a in enumerate(answers) if a.status == 201]
    assert len(won) == 10, [a.status for a in answers]
    for i, a in enumerate(answers):
        if i not in won:
            refused(a, "out_of_stock")
    orders = {answers[i].json["exchangeOrderId"] for i in won}
    numbers = {answers[i].json["orderNo"] for i in won}
    assert len(orders) == len(numbers) == 10
    assert shop.stock(p) == 0 and shop.sales(p) == 10
    rows = shop.stack.sql(f"SELECT user_id, id FROM exchange_orders WHERE product_id = '{p}'")
    assert {(r[0], r[1]) for r in rows} == {(buyers[i].id, answers[i].json["exchangeOrderId"]) for i in won}
    ids = ",".join(f"'{b.id}'" for b in buyers)
    balances = dict(shop.stack.sql(f"SELECT id, points_balance FROM users WHERE id IN ({ids})"))
    assert {balances[b.id] for i, b in enumerate(buyers) if i in won} == {"900"}
    assert {balances[b.id] for i, b in enumerate(buyers) if i not in won} == {"1000"}
    ledger = shop.stack.sql("SELECT seq, quantity_change, stock_after FROM inventory_records WHERE "
                            f"product_id = '{p}' ORDER BY seq")
    if shop.stack.apart:    # each held, released and taken: three rows in the place of one, in any order of the buyers
        assert [row[0] for row in ledger] == [str(n) for n in range(1, 32)]
        assert ledger[-1][2] == "0" and [row[1] for row in ledger].count("-1") == 20
    else:
        assert ledger == [["1", "10", "10"]] + [[str(n + 1), "-1", str(10 - n)] for n in range(1, 11)]
    records = shop.stack.number(f"SELECT COUNT(*) FROM points_records WHERE user_id IN ({ids}) AND type = 'mall_exchange'")
    counters = shop.stack.sql(f"SELECT SUM(quantity), COUNT(*) FROM purchase_counters WHERE product_id = '{p}' AND quantity > 0")
    events = sum(len(b.events("event_id")) for i, b in enumerate(buyers) if i in won)
    keys = shop.stack.number("SELECT COUNT(*) FROM idempotency_keys WHERE idem_key LIKE 'rush-%'")
    assert (records, counters, events, keys) == (10, [["10", "10"]], 20, 10)
    shop.stack.verify()


def test_one_user_with_points_for_five(shop):
    p = shop.product(stock=100, price=100)
    u = shop.user(550)
    answers = together(20, lambda _: u.exchange(p))
    assert sorted(a.status for a in answers) == [201] * 5 + [409] * 15, answers
    assert {a.code for a in answers if a.status == 409} == {"insufficient_points"}
    assert u.balance() == 50 and shop.stock(p) == 95 and u.counter(p) == 5
    assert sorted(a.json["remainingPoints"] for a in answers if a.status == 201) == [50, 150, 250, 350, 450]


def test_one_user_at_its_limit(shop):
    p = shop.product(stock=100, price=1, purchase_limit=3)
    u = shop.user()
    answers = together(20, lambda _: u.exchange(p))
    assert sorted(a.status for a in answers) == [201] * 3 + [409] * 17, answers
    assert {a.code for a in answers if a.status == 409} == {"purchase_limit_exceeded"}
    assert u.counter(p) == 3 and shop.stock(p) == 97


def test_many_users_many_products_no_deadlock(shop):
    made = shop.products(3, stock=1000, price=1)
    people = shop.users(12)
    answers = together(12, lambda i: [people[(i + k) % 12].exchange(made[k % 3]).status for k in range(10)])
    assert {s for row in answers for s in row} == {201}, answers
    assert [1000 - shop.stock(p) for p in made] == [48, 36, 36]
    shop.stack.verify()


# ---- the sold-out flag ----

def test_restocking_is_seen_soon(shop):
    """The flag is at most a second old: whatever the shelf says, after about that goods can be had again."""
    p = shop.product(stock=1)
    people = shop.users(40)
    people[0].bought(p)
    for u in people[1:6]:
        refused(u.exchange(p), "out_of_stock")
    shop.restock(p, 50)
    begun = time.monotonic()
    # Each worker has a flag of its own; none outlives its second.
    wait_until(lambda: all(u.exchange(p).status == 201 for u in people[6:9]), 2, "the goods")
    time.sleep(max(0, begun + 1.1 - time.monotonic()))
    assert {u.exchange(p).status for u in people[9:21]} == {201}


def test_the_flag_does_not_stop_the_other_products(shop, user):
    a, b = shop.product(stock=0), shop.product(stock=5)
    refused(user.exchange(a), "out_of_stock")
    assert user.exchange(b).status == 201


def test_out_of_stock_for_three_is_not_sold_out_for_one(shop, user):
    p = shop.product(stock=2)
    refused(user.exchange(p, 3), "out_of_stock")
    assert user.exchange(p, 2).status == 201


def test_orders_path_is_the_users(shop, user):
    assert shop.http.get(ORDERS, user.token).json == {"items": [], "nextCursor": None}
