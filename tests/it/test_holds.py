# SPDX-License-Identifier: Apache-2.0
"""Orders that wait: holds until their time, dear ones until an operator comes; and what is due by itself."""

import json
import os
import subprocess
import time
from datetime import datetime, timezone

import pytest

from client import together
from conftest import running
from shop import ORDERS, new_id
from stack import alive, wait_until, waiters

POINTS, PRICE, PIECES = 100000, 70, 3
COST = PRICE * PIECES


def seconds(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def books(shop, user, product):
    """Available, reserved, sold, the user's points and what counts against a limit."""
    row = shop.stack.sql(f"SELECT stock_quantity, reserved_quantity, sales_count FROM products WHERE id = '{product}'")[0]
    return [int(x) for x in row] + [user.balance(), user.counter(product)]


def ledger(shop, product):
    return [(int(t), int(q), int(a)) for t, q, a in shop.stack.sql(
        f"SELECT change_type, quantity_change, stock_after FROM inventory_records WHERE product_id = '{product}' ORDER BY seq")]


def events(shop, user):
    """The orders' own; those of the points may be in another outbox."""
    return [(t, json.loads(p)) for t, p in shop.stack.sql(
        f"SELECT event_type, payload FROM outbox WHERE aggregate = '{user.id}' AND source = 'exchange' ORDER BY seq")]


def timers(shop, *orders):
    return shop.stack.number("SELECT COUNT(*) FROM order_timers WHERE order_id IN ('" + "','".join(orders) + "')")


def make_due(shop, *orders):
    shop.stack.sql("UPDATE order_timers SET due_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE order_id IN ('"
                   + "','".join(orders) + "')")


def status(shop, order):
    return shop.stack.number(f"SELECT status FROM exchange_orders WHERE id = '{order}'")


# ---- a hold ----

def test_a_hold_keeps_points_and_stock(shop, user):
    p = shop.product(stock=10, price=PRICE, purchase_limit=4)
    a = user.exchange(p, PIECES, confirm=False)
    assert a.status == 201 and a.json["status"] == 0 and a.json["remainingPoints"] == POINTS - COST
    order = a.json["exchangeOrderId"]
    assert books(shop, user, p) == [7, 3, 0, POINTS - COST, 3]
    assert ledger(shop, p) == [(1, 10, 10), (3, -3, 7)]
    shown = user.order(order).json
    assert abs(seconds(shown["expiresAt"]) - time.time() - 900) < 60
    assert "exchangedAt" not in shown and shown["deliveryStatus"] == 0
    assert shop.http.get("/api/points/balance", user.token).json["held"] == COST
    stock = shop.http.get(f"/api/mall/inventory/{p}").json
    assert (stock["available"], stock["reserved"]) == (7, 3)
    told = events(shop, user)
    assert [t for t, _ in told] == ["mall.order.held"]
    assert told[0][1] == {"userId": user.id, "productId": p, "orderId": order, "status": 0}
    assert user.exchange(p, 2).code == "purchase_limit_exceeded", "a hold counts"
    assert [o["id"] for o in shop.http.get(ORDERS, user.token, query={"status": 0}).json["items"]] == [order]
    shop.stack.verify()


def test_confirmed_it_is_an_exchange_like_any_other(shop, user):
    p = shop.product(stock=10, price=PRICE)
    order = user.held(p, PIECES)
    assert user.move(order, "confirm").status == 200
    assert books(shop, user, p) == [7, 0, 3, POINTS - COST, 3]
    assert ledger(shop, p) == [(1, 10, 10), (3, -3, 7), (4, 3, 10), (2, -3, 7)]
    shown = user.order(order).json
    assert shown["status"] == 1 and "expiresAt" not in shown and abs(seconds(shown["exchangedAt"]) - time.time()) < 60
    assert timers(shop, order) == 0
    assert user.cancel(order).status == 200
    assert books(shop, user, p) == [10, 0, 0, POINTS, 0]
    shop.stack.verify()


def test_the_hold_is_replayed(shop, user, product):
    first = user.exchange(product, key="h", confirm=False)
    again = user.exchange(product, key="h", confirm=False)
    assert again.body == first.body and again.header("Idempotency-Replayed") == "true" and user.orders() == 1
    assert user.exchange(product, key="h").status == 422
    order = first.json["exchangeOrderId"]
    make_due(shop, order)
    wait_until(lambda: status(shop, order) == 4, 20, "the release")
    assert user.exchange(product, key="h", confirm=False).body == first.body


@pytest.mark.parametrize("confirm", [True, False])
def test_the_last_pieces_go_once(shop, confirm):
    p, people = shop.product(stock=10, price=1), shop.users(24)
    answers = together(24, lambda i: people[i].exchange(p, confirm=confirm))
    assert sorted(a.status for a in answers) == [201] * 10 + [409] * 14
    assert {a.code for a in answers if a.status == 409} == {"out_of_stock"}
    shop.stack.verify()


def test_what_is_refused_is_refused_to_holds_too(shop, user):
    assert user.exchange(shop.product(price=POINTS + 1), confirm=False).code == "insufficient_points"
    assert user.exchange(shop.product(stock=1), 2, confirm=False).code == "out_of_stock"
    assert user.exchange(shop.product(status=0), confirm=False).code == "product_unavailable"
    assert user.exchange(shop.product(purchase_limit=1), 2, confirm=False).code == "purchase_limit_exceeded"
    assert user.exchange(shop.product(available_until="2026-01-01 00:00:00"), confirm=False).code == "product_unavailable"
    assert user.exchange(shop.product(price=5), pointsCost=4, confirm=False).code == "price_changed"
    assert user.orders() == 0 and user.balance() == POINTS


def test_a_hold_stands_whatever_becomes_of_the_product(shop, user):
    p = shop.product(stock=10, price=PRICE, purchase_limit=3)
    order = user.held(p, PIECES)
    shop.change(p, status=0, deleted_at="2026-01-01 00:00:00", points_price=999, purchase_limit=1)
    a = user.move(order, "confirm")
    assert a.status == 200 and user.order(order).json["pointsCost"] == COST
    assert user.cancel(order).status == 200
    assert books(shop, user, p) == [10, 0, 0, POINTS, 0]


# ---- its time ----

def test_a_hold_past_its_time_cannot_be_confirmed(shop, user, product):
    """Whether or not jobs has released it yet."""
    order = user.held(product)
    shop.stack.sql(f"UPDATE exchange_orders SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = '{order}'")
    a = user.move(order, "confirm")
    assert (a.status, a.code) == (409, "invalid_state")
    a = shop.admin().move(order, "confirm")
    assert (a.status, a.code) == (409, "invalid_state")
    assert status(shop, order) == 0 and user.cancel(order).status == 200


def test_it_is_released_when_its_time_is_up(shop, user):
    p = shop.product(stock=10, price=PRICE, purchase_limit=3)
    order = user.held(p, PIECES)
    make_due(shop, order)
    wait_until(lambda: status(shop, order) == 4, 20, "the release")
    assert books(shop, user, p) == [10, 0, 0, POINTS, 0]
    assert ledger(shop, p) == [(1, 10, 10), (3, -3, 7), (4, 3, 10)]
    assert shop.stack.one(f"SELECT cancel_reason FROM exchange_orders WHERE id = '{order}'") == "hold expired"
    assert timers(shop, order) == 0
    told = events(shop, user)
    assert [t for t, _ in told] == ["mall.order.held", "mall.order.cancelled"]
    assert told[1][1]["reason"] == "hold expired" and told[1][1]["status"] == 4
    assert "expiresAt" not in user.order(order).json
    for move in ("confirm", "cancel"):
        assert user.move(order, move).code == "invalid_state"
    user.held(p, PIECES)
    shop.stack.verify()


def test_a_shipped_order_completes_by_itself(shop, user, product):
    order = user.bought(product)
    assert shop.admin().ship(order).status == 200
    make_due(shop, order)
    wait_until(lambda: status(shop, order) == 3, 20, "the completion")
    shown = user.order(order).json
    assert shown["deliveryStatus"] == 4 and abs(seconds(shown["deliveredAt"]) - time.time()) < 60
    assert [t for t, _ in events(shop, user)][-2:] == ["mall.order.delivered", "mall.order.completed"]
    assert timers(shop, order) == 0
    assert user.move(order, "return", {"reason": "破损"}).status == 200


def test_a_delivered_order_completes_and_was_delivered_once(shop, user, product):
    order, admin = user.bought(product), shop.admin()
    assert admin.ship(order).status == 200
    shop.stack.sql(f"UPDATE order_timers SET due_at = due_at - INTERVAL 10 DAY WHERE order_id = '{order}'")
    assert admin.move(order, "delivery", {"deliveryStatus": 4, "description": "已签收"}).status == 200
    days = shop.stack.number(f"SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(), due_at) FROM order_timers WHERE order_id = '{order}'")
    assert 15 * 24 - 2 <= days <= 15 * 24, "counted anew from the delivery"
    make_due(shop, order)
    wait_until(lambda: status(shop, order) == 3, 20, "the completion")
    assert [t for t, _ in events(shop, user)].count("mall.order.delivered") == 1


def test_a_timer_is_only_its_own_moves(shop, user, product):
    """What was due for the hold is not due for what the order became."""
    order = user.held(product)
    due = shop.stack.one(f"SELECT due_at FROM order_timers WHERE order_id = '{order}'")
    assert user.move(order, "confirm").status == 200
    shop.admin().ship(order)
    assert shop.stack.one(f"SELECT due_at FROM order_timers WHERE order_id = '{order}'") > due
    assert user.move(order, "return", {"reason": "破损"}).status == 200
    assert timers(shop, order) == 0


def test_what_was_put_off_while_jobs_looked_is_not_done(shop, user):
    """The parcel arrives between jobs' look at the timer and its move: the days begin anew."""
    admin, p = shop.admin(), shop.product()
    order, other = user.bought(p), user.bought(p)
    assert admin.ship(order).status == admin.ship(other).status == 200
    with shop.stack.session() as s:
        s.run(f"START TRANSACTION; SELECT id FROM exchange_orders WHERE id = '{order}' FOR UPDATE;")
        make_due(shop, order)
        wait_until(lambda: waiters(shop.stack, f"UPDATE exchange_orders%{order}"), 20, "jobs at the row")
        s.run(f"UPDATE exchange_orders SET version = version + 1, delivery_status = 4, delivered_at = NOW() WHERE id = '{order}';"
              f"UPDATE order_timers SET due_at = UTC_TIMESTAMP(3) + INTERVAL 15 DAY WHERE order_id = '{order}'; COMMIT;")
    make_due(shop, other)
    wait_until(lambda: status(shop, other) == 3, 20, "the next that is due")
    assert status(shop, order) == 2 and timers(shop, order) == 1
    # As the parcel would have told it.
    shop.stack.sql("INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, next_at) VALUES "
                   f"('{new_id()}', 'mall.order.delivered', 'exchange', '[]', '{user.id}', "
                   f"'{{\"userId\":\"{user.id}\",\"orderId\":\"{order}\"}}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))")


def test_what_cannot_be_done_holds_up_nothing_else(shop, user):
    p = shop.product(stock=10, price=PRICE)
    bad, good = user.held(p), shop.user().held(shop.product())
    shop.stack.sql(f"UPDATE purchase_counters SET quantity = 0 WHERE user_id = '{user.id}'")
    make_due(shop, bad, good)
    wait_until(lambda: status(shop, good) == 4, 20, "the other")
    wait_until(lambda: shop.stack.number(f"SELECT due_at > UTC_TIMESTAMP(3) FROM order_timers WHERE order_id = '{bad}'"), 20)
    assert status(shop, bad) == 0
    shop.stack.sql(f"UPDATE purchase_counters SET quantity = 1 WHERE user_id = '{user.id}'")
    make_due(shop, bad)
    wait_until(lambda: status(shop, bad) == 4, 20, "the first")
    assert books(shop, user, p) == [10, 0, 0, POINTS, 0]


def test_confirm_and_the_time_at_once(shop):
    """Whoever comes first; never both, and nothing is lost."""
    p = shop.product(stock=100, price=PRICE)
    people = shop.users(12)
    orders = [u.held(p) for u in people]
    make_due(shop, *orders)
    answers = together(12, lambda i: people[i].move(orders[i], "confirm"))
    wait_until(lambda: timers(shop, *orders) == 0, 20, "the timers")
    for u, order, a in zip(people, orders, answers):
        assert status(shop, order) == (1 if a.status == 200 else 4), a
        assert u.balance() == POINTS - (PRICE if a.status == 200 else 0)
    shop.stack.verify()


# ---- jobs ----

@pytest.fixture
def no_jobs(rough):
    """Jobs are stopped, and run again afterwards."""
    rough.stack.stop("jobs")
    yield rough
    rough.stack.up()


def jobs_process(stack):
    with open(os.path.join(stack.base, f"jobs-{time.monotonic_ns()}.log"), "w", encoding="utf-8") as log:
        return subprocess.Popen([stack.env["PROGRAM"], "-c", stack.env["CONF"], "jobs"], stdout=log, stderr=log,
                                stdin=subprocess.DEVNULL)


def free_leases(shop):
    """As when their time has passed: whoever held them did not give them back."""
    shop.stack.sql("UPDATE job_leases SET held_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND")


def test_jobs_that_end_leave_their_tasks_to_others(no_jobs):
    """Else a restart holds everything up until their leases are over."""
    assert no_jobs.stack.number("SELECT COUNT(*) FROM job_leases") > 0
    assert no_jobs.stack.sql("SELECT task FROM job_leases WHERE held_until > UTC_TIMESTAMP(3)") == []


def test_timers_outlive_jobs(no_jobs):
    user, p = no_jobs.user(), no_jobs.product(stock=10, price=PRICE)
    order = user.held(p)
    make_due(no_jobs, order)
    assert status(no_jobs, order) == 0
    free_leases(no_jobs)
    no_jobs.stack.up()
    wait_until(lambda: status(no_jobs, order) == 4, 30, "the release")
    assert user.balance() == POINTS


def test_several_jobs_share_what_is_due(no_jobs):
    """A killed one among them too, and two that believe to have the lease: the others go on, and nothing is done twice."""
    p = no_jobs.product(stock=1000, price=PRICE)
    people = no_jobs.users(10)
    orders = [u.held(p) for u in people for _ in range(12)]
    make_due(no_jobs, *orders)
    free_leases(no_jobs)
    shared = [jobs_process(no_jobs.stack) for _ in range(3)]
    try:
        wait_until(lambda: timers(no_jobs, *orders) < len(orders), 30, "the first")
        shared[0].kill()
        free_leases(no_jobs)
        wait_until(lambda: timers(no_jobs, *orders) == 0, 60, "the last")
    finally:
        for job in shared:
            job.terminate()
        for job in shared:
            job.wait(30)
    assert not any(alive(j.pid) for j in shared)
    if no_jobs.stack.apart:     # a killed one's sagas are another's
        no_jobs.stack.up()
        wait_until(lambda: all(u.balance() == POINTS for u in people), 90, "the points")
    assert books(no_jobs, people[0], p) == [1000, 0, 0, POINTS, 0]
    for u in people:
        assert u.balance() == POINTS
        assert [t for t, _ in events(no_jobs, u)].count("mall.order.cancelled") == 12
    no_jobs.stack.verify()


# ---- what the shop looks at first ----

@pytest.fixture(scope="module")
def careful():
    """Orders over 500 points wait; holds have two minutes, returns one day, completion two."""
    yield from running(settings=["shop.review_over_points=500", "shop.hold_minutes=2", "shop.return_days=1",
                                 "shop.complete_after_days=2"])


@pytest.mark.parametrize("confirm", [True, False])
def test_a_dear_order_waits_for_an_operator(careful, confirm):
    user, merchant = careful.user(), careful.merchant()
    p = careful.product(stock=10, price=501, merchant_id=merchant.merchant)
    a = user.exchange(p, confirm=confirm)
    assert a.status == 201 and a.json["status"] == 0
    order = a.json["exchangeOrderId"]
    assert "expiresAt" not in user.order(order).json and timers(careful, order) == 0
    assert books(careful, user, p) == [9, 1, 0, POINTS - 501, 1]
    a = user.move(order, "confirm")
    assert (a.status, a.code) == (409, "invalid_state")
    a = merchant.move(order, "confirm")
    assert a.status == 200 and a.json["order"]["needsReview"] is True and a.json["order"]["status"] == 1
    assert books(careful, user, p) == [9, 0, 1, POINTS - 501, 1]
    careful.stack.verify()


def test_who_may_take_a_dear_order_back(careful):
    p = careful.product(stock=10, price=300)
    for cancel in (lambda u, o: u.cancel(o), lambda u, o: careful.admin().move(o, "cancel", {"reason": "疑似异常"})):
        user = careful.user()
        order = user.bought(p, 2)
        assert status(careful, order) == 0
        assert cancel(user, order).status == 200
        assert books(careful, user, p) == [10, 0, 0, POINTS, 0]


def test_what_is_not_over_it_passes(careful):
    user = careful.user()
    assert user.exchange(careful.product(price=500)).json["status"] == 1
    assert user.exchange(careful.product(price=100), 5).json["status"] == 1


def test_the_settings_are_the_shops(careful):
    user, p = careful.user(), careful.product(stock=10, price=100)
    order = user.held(p)
    assert abs(seconds(user.order(order).json["expiresAt"]) - time.time() - 120) < 60
    order = user.bought(p)
    careful.admin().ship(order)
    hours = careful.stack.number(f"SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(), due_at) FROM order_timers WHERE order_id = '{order}'")
    assert 46 <= hours <= 48
    assert user.move(order, "receive").status == 200
    careful.stack.sql(f"UPDATE exchange_orders SET delivered_at = delivered_at - INTERVAL 25 HOUR WHERE id = '{order}'")
    assert user.move(order, "return", {"reason": "破损"}).code == "invalid_state"
    careful.stack.verify()


def test_all_is_in_order(shop):
    shop.stack.verify()
