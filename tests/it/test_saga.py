# SPDX-License-Identifier: Apache-2.0
"""Sagas: the points' database behind a proxy that loses, holds and refuses; workers that die between the steps; and jobs,
which bring everything to its end. Points and goods are counted in both databases afterwards."""

import os
import random
import signal
import threading
import time

import pytest

from client import together
from conftest import SEED
from proxy import FIN, MUTE, REFUSE, RST, SILENCE, Cut, Hold, Proxy
from shop import ORDERS, Operator, Shop, new_id
from stack import Stack, alive, wait_until

# What the packets of the steps have in them.
TAKE, GIVE, COMMIT = "mall_exchange", "mall_refund", "\x03COMMIT"
SAGAS = "/api/admin/sagas"
RETRIES = 5
TIMEOUT_S = 8


@pytest.fixture(scope="module")
def apart():
    """An instance that knows the points' database by the proxy's port alone."""
    stack = Stack(apart=True, settings=["limits.user_rate=0", "shop.settle_wait_ms=1500", "jobs.poll_ms=50",
                                        f"jobs.saga_attempts={RETRIES}", "jobs.saga_retry_ms=300",
                                        f"points.timeout_ms={TIMEOUT_S * 1000}", f"points.connect_timeout_ms={TIMEOUT_S * 1000}"])
    proxy = Proxy(stack.dir)
    try:
        stack.up()
        with open(os.path.join(stack.dir, "conf", "secrets"), encoding="ascii") as f:
            password = next(line.strip().split("=")[1] for line in f if line.startswith("POINTS_PASSWORD="))
        dsn = (f"points.dsn=mysql://pointsmall_points:{password}@127.0.0.1:{proxy.port}/pointsmall_points"
               f"?ca={os.path.realpath(stack.dir)}/tls/ca.crt")
        stack.stop("serve")
        stack.stop("jobs")
        stack.staging("up", options=stack.options + [f"--set={dsn}"])
        shop = Shop(stack)
        shop.proxy = proxy
        shop.admin = shop.token(new_id(), "admin")
        yield shop
    finally:
        stack.down()
        proxy.close()


@pytest.fixture(autouse=True)
def all_is_settled_afterwards(apart):
    yield
    apart.proxy.cut = None
    apart.proxy.back()
    settled(apart)
    assert not apart.proxy.errors
    assert unbalanced(apart) == []
    apart.stack.verify()


def settled(shop):
    """Until no saga runs, and none is stuck."""
    wait_until(lambda: shop.stack.number("SELECT COUNT(*) FROM sagas WHERE state IN (0, 1)") == 0, 60, "the end of all sagas")
    assert shop.stack.number("SELECT COUNT(*) FROM exchange_orders WHERE settling") == \
        shop.stack.number("SELECT COUNT(*) FROM sagas WHERE state = 4")
    assert shop.stack.number("SELECT COUNT(*) FROM saga_answers") == shop.stack.number(
        "SELECT COUNT(*) FROM saga_answers a JOIN sagas s ON s.id = a.saga_id WHERE s.state = 4")


def unbalanced(shop):
    """Orders whose points are not where their status says: what they took, less what came back."""
    return shop.stack.sql("""
        SELECT o.id, o.status, o.failure_code, o.points_cost, COALESCE(SUM(r.points), 0) AS points, COUNT(r.id)
        FROM exchange_orders o JOIN sagas g ON g.order_id = o.id AND g.kind = 1
          LEFT JOIN points_records r ON r.related_id = o.id AND r.user_id = o.user_id
        WHERE NOT o.settling GROUP BY o.id, o.status, o.failure_code, o.points_cost
        HAVING points <> CASE WHEN o.status IN (4, 6) THEN 0 ELSE -o.points_cost END OR COUNT(r.id) > 2""")


def orders_of(u):
    return u.shop.http.get(ORDERS, u.token).json["items"]


def the_order(u):
    orders = orders_of(u)
    assert len(orders) == 1, orders
    return orders[0]


def is_settling(a):
    assert a.status == 201, a
    got = a.json
    assert (got["status"], got["settling"], got["remainingPoints"]) == (0, True, None), got
    assert "expiresAt" not in got
    return got["exchangeOrderId"]


def ended(u, order):
    return wait_until(lambda: not (o := u.order(order).json).get("settling") and o, 60, "the saga's end")


def books(u, p):
    return (u.balance(), u.shop.stock(p), u.shop.sales(p), u.counter(p))


UNTOUCHED, BOUGHT = (100000, 10, 0, 0), (99900, 9, 1, 1)


def cut(shop, *args, **more):
    shop.proxy.cut = Cut(*args, **more)
    return shop.proxy.cut


def hold(shop, *words):
    shop.proxy.cut = Hold(words)
    return shop.proxy.cut


def lost(shop, u):
    """The step does not arrive, and nobody else comes through either."""
    return cut(shop, SILENCE, [TAKE, u.id], forward=False, after=lambda _: shop.proxy.away(MUTE))


def taken(u):
    return u.shop.stack.number(f"SELECT COUNT(*) FROM points_records WHERE user_id = '{u.id}' AND type = 'mall_exchange'")


def given(u):
    return u.shop.stack.number(f"SELECT COUNT(*) FROM points_records WHERE user_id = '{u.id}' AND type = 'mall_refund'")


def in_background(work):
    """Starts work at once; what it gives back waits for the result."""
    got = []
    t = threading.Thread(target=lambda: got.append(work()))
    t.start()

    def result():
        t.join(90)
        assert got, "no answer"
        return got[0]
    return result


def kill_workers(shop):
    """The one that is in a request is among them."""
    workers = shop.stack.workers()
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in workers), 20, "the workers' end")


def up_again(shop):
    wait_until(lambda: shop.http.get("/readyz").status == 200, 30, "new workers")


# ---- the way it should be ----

def test_one_that_is_undisturbed(apart):
    u, p = apart.user(), apart.product()
    a = u.exchange(p, key="k")
    assert (a.status, a.json["status"], a.json["remainingPoints"]) == (201, 1, 99900), a
    assert "settling" not in a.json
    b = u.exchange(p, key="k")
    assert b.body == a.body and b.header("Idempotency-Replayed") == "true"
    assert books(u, p) == BOUGHT
    order = a.json["exchangeOrderId"]
    c = u.cancel(order, key="c")
    assert (c.status, c.json["remainingPoints"], c.json["order"]["status"]) == (200, 100000, 4)
    assert "settling" not in c.json["order"]
    assert u.cancel(order, key="c").body == c.body
    assert books(u, p) == UNTOUCHED


def test_a_hold(apart):
    u, p = apart.user(), apart.product()
    a = u.exchange(p, confirm=False)
    assert (a.status, a.json["status"], a.json["remainingPoints"]) == (201, 0, 99900)
    order = a.json["exchangeOrderId"]
    assert u.order(order).json["expiresAt"] and books(u, p) == (99900, 9, 0, 1)
    c = u.move(order, "confirm", key="c")
    assert (c.status, c.json["status"], c.json["remainingPoints"]) == (200, 1, 99900), c
    assert u.move(order, "confirm", key="c").body == c.body
    assert u.move(order, "receive", key="c").code == "idempotency_key_reused"
    assert books(u, p) == BOUGHT


def test_a_user_without_an_account(apart):
    """Whose first use of the points this is."""
    u, p = apart.user(), apart.product()
    apart.stack.sql(f"DELETE FROM pointsmall_points.points_records WHERE user_id = '{u.id}';"
                    f"DELETE FROM pointsmall_points.users WHERE id = '{u.id}';")
    a = u.exchange(p)
    assert (a.status, a.code) == (409, "insufficient_points")
    got = apart.http.get("/api/points/balance", u.token)
    assert got.status == 200 and got.json["balance"] == 0 and got.json["totalEarned"] == 0
    assert apart.http.get("/api/user/profile", u.token).json["points"]["balance"] == 0
    assert apart.stack.number("SELECT COUNT(*) FROM sagas WHERE user_id = '%s'" % u.id) == 0


def test_a_blocked_user(apart):
    u, p = apart.user(), apart.product()
    apart.stack.sql(f"UPDATE users SET blocked_at = UTC_TIMESTAMP(3) WHERE id = '{u.id}'")
    assert u.exchange(p).status in (401, 403)
    apart.stack.sql(f"UPDATE users SET blocked_at = NULL WHERE id = '{u.id}'")
    assert books(u, p) == UNTOUCHED


# ---- nobody there ----

@pytest.mark.parametrize("mode", [REFUSE, MUTE])
def test_nothing_begins_while_the_balance_cannot_be_read(apart, mode):
    u, p = apart.user(), apart.product()
    wait_until(apart.proxy.away(mode), 10, "the cuts")
    a = u.exchange(p, key="k")
    assert (a.status, a.code) == (503, "unavailable"), a
    assert apart.http.get("/api/points/balance", u.token).status == 503 if mode == REFUSE else True
    profile = apart.http.get("/api/user/profile", u.token)
    assert profile.status == 200 and profile.json["points"] is None
    assert apart.http.get("/readyz").status == 200, "the mall goes on"
    apart.proxy.back()
    assert orders_of(u) == [] and books(u, p) == UNTOUCHED
    wait_until(lambda: u.exchange(p, key="k").status == 201, 10, "the points")
    assert books(u, p) == BOUGHT


# ---- the answer within the wait ----

def test_the_step_is_lost_and_the_caller_waits_no_longer(apart):
    u, p = apart.user(), apart.product()
    c = lost(apart, u)
    begun = time.monotonic()
    a = u.exchange(p, key="k")
    assert time.monotonic() - begun < TIMEOUT_S, "the wait is the setting's, not the connection's"
    assert c.hit.is_set()
    order = is_settling(a)
    seen = u.order(order).json
    assert seen["status"] == 0 and seen["settling"] is True and "expiresAt" not in seen
    for move in ("confirm", "cancel"):
        m = apart.http.post(f"{ORDERS}/{order}/{move}", None, u.token)
        assert (m.status, m.code) == (409, "invalid_state"), m
    assert (apart.stock(p), apart.sales(p), u.counter(p)) == (9, 0, 1), "its pieces are reserved"
    again = u.exchange(p, key="k")
    assert again.body == a.body and again.header("Idempotency-Replayed") == "true"
    apart.proxy.back()
    assert ended(u, order)["status"] == 1
    assert books(u, p) == BOUGHT and taken(u) == 1
    assert u.exchange(p, key="k").body == a.body, "no answer differs from its replay"


def test_a_hold_that_outlives_its_caller_begins_its_time_when_it_is_settled(apart):
    u, p = apart.user(), apart.product()
    lost(apart, u)
    order = is_settling(u.exchange(p, key="k", confirm=False))
    assert apart.stack.number(f"SELECT COUNT(*) FROM order_timers WHERE order_id = '{order}'") == 0
    apart.proxy.back()
    o = ended(u, order)
    assert o["status"] == 0 and o["expiresAt"] and books(u, p) == (99900, 9, 0, 1)
    assert apart.stack.number(f"SELECT COUNT(*) FROM order_timers WHERE order_id = '{order}'") == 1


def test_without_a_key(apart):
    u, p = apart.user(), apart.product()
    held = hold(apart, TAKE, u.id)
    order = is_settling(u.exchange(p))
    held.release.set()
    assert ended(u, order)["status"] == 1 and books(u, p) == BOUGHT


@pytest.mark.parametrize("how", [RST, FIN])
@pytest.mark.parametrize("forward", [True, False])
def test_cut_at_commit_and_tried_again_at_once(apart, how, forward):
    """Whether or not it was carried out, the caller gets its end."""
    u, p = apart.user(), apart.product()
    c = cut(apart, how, [COMMIT], forward=forward)
    a = u.exchange(p, key="k")
    assert c.hit.is_set()
    if a.json.get("settling"):      # the server undid it too late for the wait
        ended(u, a.json["exchangeOrderId"])
    else:
        assert (a.status, a.json["status"], a.json["remainingPoints"]) == (201, 1, 99900), a
    assert books(u, p) == BOUGHT and taken(u) == 1
    assert u.exchange(p, key="k").body == a.body


# ---- refused after all ----

def spend(u, points):
    """Somebody else takes points of this user's."""
    u.shop.stack.sql(f"""START TRANSACTION;
        UPDATE users SET points_balance = points_balance - {points}, points_out = points_out + {points},
          points_seq = points_seq + 1 WHERE id = '{u.id}';
        INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, created_at, spent_from)
          SELECT '{new_id()}', id, points_seq, 'adjust', -{points}, points_balance, '别处', UTC_TIMESTAMP(3),
          points_out - {points} FROM pointsmall_points.users WHERE id = '{u.id}' AND points_seq > 0;
        COMMIT;""")


def test_spent_elsewhere_between_the_check_and_the_taking(apart):
    u, p = apart.user(150), apart.product(purchase_limit=1)
    held = hold(apart, TAKE, u.id)
    answer = in_background(lambda: u.exchange(p, key="k"))
    assert held.hit.wait(20)
    spend(u, 100)
    running = u.exchange(p, key="k")
    assert (running.status, running.code) == (409, "idempotency_in_progress") and running.header("Retry-After")
    other = u.exchange(p, 2, key="k")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    held.release.set()
    a = answer()
    assert (a.status, a.code) == (409, "insufficient_points"), a
    o = the_order(u)
    assert (o["status"], o["failureCode"]) == (4, "insufficient_points") and "settling" not in o
    assert books(u, p) == (50, 10, 0, 0) and taken(u) == 0
    again = u.exchange(p, key="k")
    assert (again.status, again.code) == (409, "insufficient_points") and len(orders_of(u)) == 1, "the key is free"


def test_refused_when_the_caller_has_its_answer(apart):
    u, p = apart.user(150), apart.product()
    lost(apart, u)
    a = u.exchange(p, key="k")
    order = is_settling(a)
    spend(u, 100)
    apart.proxy.back()
    o = ended(u, order)
    assert (o["status"], o["failureCode"]) == (4, "insufficient_points")
    assert books(u, p) == (50, 10, 0, 0)
    assert u.exchange(p, key="k").body == a.body
    events = [e[0] for e in u.events("event_type")]
    assert events == ["mall.order.cancelled"], events


# ---- whoever dies ----

def test_a_worker_that_dies_before_its_step(apart):
    u, p = apart.user(), apart.product()
    held = hold(apart, TAKE, u.id)
    lease(apart, "1 HOUR")      # jobs would be at it before new workers are there
    answer = in_background(lambda: u.exchange(p, key="k"))
    assert held.hit.wait(20)
    kill_workers(apart)
    assert answer().status == 502
    up_again(apart)
    a = u.exchange(p, key="k")
    lease(apart, "-1 SECOND")
    assert (a.status, a.code) == (409, "idempotency_in_progress"), a
    held.release.set()
    hurry(apart, u)
    assert ended(u, the_order(u)["id"])["status"] == 1 and books(u, p) == BOUGHT
    a = u.exchange(p, key="k")
    is_settling(a)
    assert a.header("Idempotency-Replayed") == "true"


def lease(shop, end):
    """Somebody else has the task of sagas for so long."""
    shop.stack.sql("UPDATE job_leases SET holder = 'another', held_until = UTC_TIMESTAMP(3) + "
                   f"INTERVAL {end} WHERE task = 'sagas'")


def hurry(shop, u):
    """A saga is left to its worker for the wait and a while more: that is over now."""
    shop.stack.sql(f"UPDATE sagas SET next_at = UTC_TIMESTAMP(3) WHERE user_id = '{u.id}' AND state IN (0, 1)")


def test_a_worker_that_dies_after_its_step(apart):
    """The points are taken, and nobody has told the order."""
    u, p = apart.user(), apart.product()

    def died(_):
        wait_until(lambda: taken(u) == 1, 20, "the step")
        kill_workers(apart)
    c = cut(apart, RST, [COMMIT], after=died)
    assert u.exchange(p, key="k").status == 502
    assert c.hit.is_set()
    up_again(apart)
    o = the_order(u)
    assert o["status"] == 0 and o["settling"] is True and u.balance() == 99900
    hurry(apart, u)
    assert ended(u, o["id"])["status"] == 1 and books(u, p) == BOUGHT and taken(u) == 1


def test_a_worker_that_dies_giving_back(apart):
    u, p = apart.user(), apart.product()
    order = u.bought(p)

    def died(_):
        wait_until(lambda: given(u) == 1, 20, "the step")
        kill_workers(apart)
    cut(apart, RST, [COMMIT], after=died)
    assert u.cancel(order, key="c").status == 502
    up_again(apart)
    hurry(apart, u)
    o = ended(u, order)
    assert o["status"] == 4 and "failureCode" not in o and books(u, p) == UNTOUCHED and given(u) == 1
    a = u.cancel(order, key="c")
    assert a.status == 200 and a.json["remainingPoints"] is None and a.json["order"]["settling"] is True


def test_jobs_that_die_at_it(apart):
    u, p = apart.user(), apart.product()
    first = hold(apart, TAKE, u.id)
    order = is_settling(u.exchange(p))
    second = hold(apart, TAKE, u.id)
    assert second.hit.wait(30), "jobs is at it"
    apart.stack.stop("jobs", signal.SIGKILL)
    first.release.set()
    second.release.set()
    apart.stack.sql("UPDATE job_leases SET held_until = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND")
    apart.stack.staging("up", options=())
    hurry(apart, u)
    assert ended(u, order)["status"] == 1 and books(u, p) == BOUGHT and taken(u) == 1


# ---- an operator's corrections ----

def correct(who, u, points, **more):
    return who.post(f"/users/{u.id}/points", {"points": points, "description": "客服补偿"}, **more)


def corrections(u):
    return [int(n) for n, in u.shop.stack.sql(
        f"SELECT points FROM points_records WHERE user_id = '{u.id}' AND description = '客服补偿' ORDER BY seq")]


def test_a_correction_whose_worker_dies_is_in_the_audit_log(apart):
    """Its points are another database's, and are there: so is its line, which jobs brings home."""
    u, who = apart.user(100), Operator(apart, new_id("9"))

    def died(_):
        wait_until(lambda: corrections(u) == [50], 20, "the points")
        kill_workers(apart)
    cut(apart, RST, [COMMIT], after=died)
    assert correct(who, u, 50, key="k").status == 502
    up_again(apart)
    wait_until(lambda: who.audit(u.id), 20, "the line")
    a = correct(who, u, 50, key="k")
    assert (a.status, a.json["balance"]) == (200, 150), a
    assert correct(who, u, 50, key="k").body == a.body
    assert corrections(u) == [50] and u.balance() == 150
    assert who.audit(u.id) == [("user.points", {"balance": 100}, {
        "balance": 150, "points": 50, "description": "客服补偿", "recordId": a.json["recordId"]})]


def test_a_correction_under_a_key_of_long_ago(apart):
    """A key is good for a day; what it made elsewhere stays for good, and bars no other request."""
    u, who = apart.user(100), Operator(apart, new_id("9"))
    assert correct(who, u, 50, key="k").status == 200
    for n, points in enumerate((7, 7, 9)):
        apart.stack.sql(f"UPDATE points_records SET created_at = created_at - INTERVAL 25 HOUR WHERE user_id = '{u.id}';"
                        f"DELETE FROM idempotency_keys WHERE caller LIKE '%{who.id}';"
                        f"DELETE FROM idempotency_answers WHERE caller LIKE '%{who.id}';")
        a = correct(who, u, points, key="k")
        assert a.status == 200 and correct(who, u, points, key="k").body == a.body, a
        assert corrections(u) == [50, 7, 7, 9][:n + 2]
    assert len(who.audit(u.id)) == 4


# ---- late, early and doubled ----

def give_up(shop, u):
    shop.stack.sql(f"UPDATE sagas SET state = 1, attempts = 0, next_at = UTC_TIMESTAMP(3) WHERE user_id = '{u.id}' AND kind = 1 "
                   "AND state = 0")


def test_the_compensation_comes_before_the_step(apart):
    u, p = apart.user(), apart.product()
    held = hold(apart, TAKE, u.id)
    answer = in_background(lambda: u.exchange(p, key="k"))
    assert held.hit.wait(20)
    give_up(apart, u)
    wait_until(lambda: the_order(u)["status"] == 4, 30, "the end")
    held.release.set()
    a = answer()
    assert (a.status, a.code) == (409, "conflict"), a
    o = the_order(u)
    assert o["failureCode"] == "conflict" and books(u, p) == UNTOUCHED and (taken(u), given(u)) == (0, 0)
    a = u.exchange(p, key="k")
    assert a.status == 201 and a.header("Idempotency-Replayed") is None, "the key was free"


def test_the_compensation_comes_after_the_step(apart):
    """The worker dies with the points taken, and the saga is turned round: they come back, once."""
    u, p = apart.user(), apart.product()

    def died(_):
        wait_until(lambda: taken(u) == 1, 20, "the step")
        kill_workers(apart)
    cut(apart, RST, [COMMIT], after=died)
    assert u.exchange(p, key="k").status == 502
    give_up(apart, u)       # before jobs brings it to its other end
    up_again(apart)
    wait_until(lambda: the_order(u)["status"] == 4, 30, "the end")
    assert books(u, p) == UNTOUCHED and (taken(u), given(u)) == (1, 1)


def test_steps_that_come_twice(apart):
    """Every saga of this user's once more from its start."""
    u, p = apart.user(), apart.product()
    order = u.bought(p)
    kept = u.bought(p)
    assert u.cancel(order).status == 200
    before = (books(u, p), taken(u), given(u), len(u.events("event_id")))
    apart.stack.sql(f"UPDATE sagas SET state = 0, attempts = -99, next_at = UTC_TIMESTAMP(3) WHERE user_id = '{u.id}'")
    wait_until(lambda: apart.stack.number(f"SELECT COUNT(*) FROM sagas WHERE user_id = '{u.id}' AND last_error IS NOT NULL") == 3,
               30, "the attempts")
    assert (books(u, p), taken(u), given(u), len(u.events("event_id"))) == before
    apart.stack.sql(f"UPDATE sagas SET state = 2, attempts = 0, last_error = NULL WHERE user_id = '{u.id}'")
    assert u.order(kept).json["status"] == 1


# ---- giving back ----

def test_a_cancellation_whose_points_cannot_come_yet(apart):
    u, p = apart.user(), apart.product()
    order = u.bought(p)
    wait_until(apart.proxy.away(MUTE), 10, "the cuts")
    a = u.cancel(order, key="c")
    assert a.status == 200 and a.json["remainingPoints"] is None, a
    assert a.json["order"]["status"] == 4 and a.json["order"]["settling"] is True
    assert apart.stock(p) == 10 and u.counter(p) == 0, "what is the mall's own is back already"
    again = u.cancel(order)
    assert (again.status, again.code) == (409, "invalid_state")
    apart.proxy.back()
    hurry(apart, u)
    assert ended(u, order)["status"] == 4 and books(u, p) == UNTOUCHED and given(u) == 1
    assert u.cancel(order, key="c").body == a.body


def test_a_hold_is_released_by_time(apart):
    u, p = apart.user(), apart.product()
    order = u.exchange(p, confirm=False).json["exchangeOrderId"]
    apart.stack.sql(f"UPDATE exchange_orders SET expires_at = UTC_TIMESTAMP(3) WHERE id = '{order}';"
                    f"UPDATE order_timers SET due_at = UTC_TIMESTAMP(3) WHERE order_id = '{order}';")
    wait_until(lambda: books(u, p) == UNTOUCHED, 30, "the release")
    assert ended(u, order)["status"] == 4 and given(u) == 1


# ---- operators ----

def stuck(shop, u):
    return wait_until(lambda: shop.stack.one(f"SELECT id FROM sagas WHERE user_id = '{u.id}' AND state = 4"), 60, "stuck")


def test_stuck_and_tried_again(apart):
    u, p = apart.user(), apart.product()
    order = u.bought(p)
    wait_until(apart.proxy.away(REFUSE), 10, "the cuts")
    assert u.cancel(order).json["order"]["settling"] is True
    saga = stuck(apart, u)
    got = apart.http.get(f"{SAGAS}?state=4", apart.admin)
    assert got.status == 200 and got.json["total"] == 1
    row = got.json["items"][0]
    assert (row["id"], row["kind"], row["state"], row["orderId"], row["userId"], row["points"], row["attempts"]) == (
        saga, 2, 4, order, u.id, 100, RETRIES)
    assert row["lastError"].startswith("unavailable")
    assert 'pointsmall_sagas{state="stuck"} 1' in apart.http.get("/metrics").body.decode()
    assert u.order(order).json["settling"] is True
    retry = f"{SAGAS}/{saga}/retry"
    for token, status in ((None, 401), (u.token, 403), (apart.token(new_id(), "merchant", merchant=new_id()), 403)):
        assert apart.http.post(retry, None, token).status == status
        assert apart.http.get(SAGAS, token).status == status
    assert apart.http.post(f"{SAGAS}/{new_id()}/retry", None, apart.admin).status == 404
    assert apart.http.get(f"{SAGAS}?state=9", apart.admin).status == 400
    apart.proxy.back()
    a = apart.http.post(retry, None, apart.admin, key="r")
    assert a.status == 200 and (a.json["id"], a.json["state"], a.json["attempts"]) == (saga, 0, 0), a
    assert apart.http.post(retry, None, apart.admin, key="r").body == a.body
    assert apart.http.post(f"{SAGAS}/{new_id()}/retry", None, apart.admin, key="r").code == "idempotency_key_reused"
    assert ended(u, order)["status"] == 4 and books(u, p) == UNTOUCHED and given(u) == 1
    b = apart.http.post(retry, None, apart.admin)
    assert (b.status, b.code) == (409, "invalid_state")
    assert apart.stack.sql(f"SELECT action, COUNT(*) FROM audit_log WHERE subject_id = '{saga}' GROUP BY action") == [
        ["saga.retry", "1"]]


def test_given_up_and_stuck(apart):
    """Neither forward nor back; then back."""
    u, p = apart.user(), apart.product()
    cut(apart, RST, [TAKE, u.id], forward=False, after=lambda _: apart.proxy.away(REFUSE))
    order = is_settling(u.exchange(p, key="k"))
    saga = stuck(apart, u)
    assert (apart.stock(p), u.counter(p)) == (9, 1) and u.order(order).json["settling"] is True
    apart.proxy.back()
    a = apart.http.post(f"{SAGAS}/{saga}/retry", None, apart.admin)
    assert (a.status, a.json["state"]) == (200, 1)
    o = ended(u, order)
    assert (o["status"], o["failureCode"]) == (4, "conflict") and books(u, p) == UNTOUCHED
    assert taken(u) == 0


# ---- the database ----

def columns(shop, database, table):
    return {row[0]: row[1:] for row in shop.stack.sql(
        "SELECT column_name, column_type, is_nullable, column_default, extra, COALESCE(collation_name, '') "
        f"FROM information_schema.columns WHERE table_schema = '{database}' AND table_name = '{table}'")}


def keys(shop, database, table):
    return sorted(shop.stack.sql("SELECT index_name, seq_in_index, column_name, non_unique FROM information_schema.statistics "
                                 f"WHERE table_schema = '{database}' AND table_name = '{table}'"))


def test_its_tables_are_those_of_the_mall(apart):
    """So that the same statements run in either."""
    tables = [row[0] for row in apart.stack.sql("SELECT table_name FROM information_schema.tables "
                                                "WHERE table_schema = 'pointsmall_points' ORDER BY table_name")]
    assert tables == ["outbox", "points_lots", "points_records", "points_sources", "schema_migrations", "users"]
    for table in tables:
        here, there = (columns(apart, database, table) for database in ("pointsmall", "pointsmall_points"))
        if table == "users":
            here = {name: here[name] for name in there}
            assert set(there) == {"id", "blocked_at"} | {n for n in columns(apart, "pointsmall", "users") if n[:7] == "points_"}
        else:
            assert keys(apart, "pointsmall", table) == keys(apart, "pointsmall_points", table)
        assert there == here, table


def test_who_serves_may_not_change_its_ledger(apart):
    for verb in ("UPDATE", "DELETE"):
        assert apart.stack.number("SELECT COUNT(*) FROM information_schema.table_privileges WHERE table_schema = "
                                  "'pointsmall_points' AND table_name IN ('points_records', 'schema_migrations') AND "
                                  f"grantee LIKE '%pointsmall\\_points%' AND privilege_type = '{verb}'") == 0
    with open(apart.stack.env["CONF"], encoding="utf-8") as f:
        password = f.read().split("mysql://pointsmall_points:")[1].split("@")[0]
    for name in ("serve", "jobs", "migrate"):
        assert password not in apart.stack.log(name), "a secret is shown"


def test_migrate_and_check_config(apart):
    before = apart.stack.sql("SELECT * FROM pointsmall_points.schema_migrations")
    assert len(before) >= 1
    apart.stack.program("migrate", "--points")
    assert apart.stack.sql("SELECT * FROM pointsmall_points.schema_migrations") == before
    assert apart.stack.program("migrate", "--pints", check=False).returncode == 64
    assert "configuration is good" in apart.stack.program("check-config").stdout
    together = apart.stack.conf_with({("points", "dsn"): None}, "together.conf")
    done = apart.stack.program("migrate", "--points", conf=together, check=False)
    assert done.returncode == 78 and "[points] dsn is not set" in done.stderr
    nowhere = apart.stack.conf_with({("points", "dsn"): "unix://u:hush@/nowhere.sock?name=n"}, "nowhere.conf")
    done = apart.stack.program("check-config", conf=nowhere, check=False)
    assert done.returncode == 69 and "the points' database cannot be reached" in done.stdout
    assert "hush" not in done.stdout + done.stderr


def test_an_older_schema_of_the_points_stops_the_start(apart):
    apart.stack.sql("CREATE TABLE pointsmall_points.m_away AS SELECT * FROM pointsmall_points.schema_migrations;"
                    "DELETE FROM pointsmall_points.schema_migrations;")
    try:
        for command in ("check-config", "jobs"):
            done = apart.stack.program(command, check=False, timeout=20)
            assert done.returncode == 78 and "pointsmall migrate --points" in done.stdout + done.stderr, done
        assert apart.http.get("/readyz").status == 503
    finally:
        apart.stack.sql("INSERT INTO pointsmall_points.schema_migrations SELECT * FROM pointsmall_points.m_away;"
                        "DROP TABLE pointsmall_points.m_away;")
    assert apart.http.get("/readyz").status == 200


# ---- many at once ----

def test_many_through_a_bad_line(apart):
    """Seeded. Cut and held at random while buyers buy and cancel; in the end everything is somewhere, once."""
    rng = random.Random(SEED)
    people, goods = apart.users(6, 1000), apart.products(3, stock=40, price=50)
    stop = []

    def trouble():
        while not stop:
            how = rng.choice([RST, FIN, SILENCE])
            apart.proxy.cut = Cut(how, [rng.choice([TAKE, GIVE, COMMIT])], forward=rng.random() < 0.5)
            apart.proxy.cut.hit.wait(0.3)
        apart.proxy.cut = None

    def work(i):
        mine = random.Random(SEED + i)
        for n in range(8):
            key = f"bad-{i}-{n}"
            a = people[i].exchange(mine.choice(goods), mine.randint(1, 2), key=key)
            if a.status == 201 and mine.random() < 0.5:
                people[i].cancel(a.json["exchangeOrderId"], key=f"{key}-c")
            if a.status == 201:
                again = apart.http.get(f"{ORDERS}/{a.json['exchangeOrderId']}", people[i].token)
                assert again.status == 200

    waiting = in_background(lambda: trouble() or True)
    try:
        together(6, work)
    finally:
        stop.append(True)
        waiting()
    apart.stack.sql("UPDATE sagas SET next_at = UTC_TIMESTAMP(3) WHERE state IN (0, 1)")
    wait_until(lambda: apart.stack.number("SELECT COUNT(*) FROM sagas WHERE state IN (0, 1)") == 0, 90, "the end of all")
    for saga, in apart.stack.sql("SELECT id FROM sagas WHERE state = 4"):
        apart.http.post(f"{SAGAS}/{saga}/retry", None, apart.admin)
    settled(apart)
    ids = ",".join(f"'{u.id}'" for u in people)
    spent = apart.stack.number(f"SELECT COALESCE(SUM(points_cost), 0) FROM exchange_orders WHERE user_id IN ({ids}) "
                               "AND status NOT IN (4, 6)")
    assert sum(u.balance() for u in people) == 6000 - spent, f"PM_SEED={SEED}"
    for p in goods:
        sold = apart.stack.number(f"SELECT COALESCE(SUM(quantity), 0) FROM exchange_orders WHERE product_id = '{p}' "
                                  "AND status NOT IN (4, 6)")
        assert apart.stock(p) == 40 - sold and apart.sales(p) == sold, f"PM_SEED={SEED}"
