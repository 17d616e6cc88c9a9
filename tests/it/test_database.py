# SPDX-License-Identifier: Apache-2.0
"""The database in trouble: gone and back, deadlocks, statements that are ended from outside. Whatever happens, it happened
wholly or not at all."""

import signal
import threading
import time

import pytest

from shop import DELIVERY, ORDERS
from stack import wait_until, waiters


def in_background(work):
    box = []
    t = threading.Thread(target=lambda: box.append(work()), daemon=True)
    t.start()

    def result():
        t.join(60)
        assert box, "no answer"
        return box[0]
    return result


def test_the_database_stopped_and_back(rough):
    u, p = rough.user(), rough.product()
    order = u.bought(p)
    workers = set(rough.stack.workers())
    rough.stack.stop("mariadb")
    cases = [("GET", "/api/points/balance", u.token), ("GET", "/readyz", None), ("GET", "/api/mall/exchange/orders", u.token),
             ("GET", f"/api/mall/inventory/{p}", None), ("POST", f"/api/mall/exchange/orders/{order}/cancel", u.token),
             ("GET", f"/api/mall/products?limit={time.time_ns() % 97 + 1}", None)]
    for method, path, token in cases * 2:
        a = rough.direct.call(method, path, token=token)
        if path.startswith("/api/mall/products") and a.status == 200:
            continue        # a copy of a second ago
        assert (a.status, a.code) == (503, "unavailable"), (path, a)
        assert int(a.header("Retry-After")) >= 1
        assert a.seconds < 5, (path, a.seconds)
    a = u.exchange(p, key="down")
    assert (a.status, a.code) == (503, "unavailable")
    assert rough.http.get("/healthz").status == 200, "the worker itself answers"
    rough.stack.staging("up")
    wait_until(lambda: rough.http.get("/readyz").status == 200, 10, "readiness")

    def all_well():
        return all(rough.direct.call(m, path, token=t).status in (200,) for m, path, t in cases if m == "GET")
    wait_until(lambda: all(all_well() for _ in range(3)), 10, "all is well")
    wait_until(lambda: u.exchange(p, key="down").status == 201, 10, "an exchange")
    assert u.orders() == 2
    assert set(rough.stack.workers()) == workers, "no worker had to go"
    rough.stack.verify()


def test_the_database_killed_under_load(rough):
    """kill -9 in mid-traffic: clients see 503 (or 502), repeat with their keys, and every order is there exactly once."""
    people = rough.users(6)
    p = rough.product(stock=100000, price=1)
    done, lock = {}, threading.Lock()
    stop = threading.Event()

    def buyer(u):
        n = 0
        while not stop.is_set():
            key = f"{u.id[-12:]}-{n}"
            for _ in range(200):
                try:
                    a = u.exchange(p, key=key)
                except OSError:
                    continue
                if a.status == 201:
                    break
                assert a.status in (429, 503, 504, 409), a
                assert a.status != 409 or a.code == "idempotency_in_progress", a
                time.sleep(0.05)
            else:
                raise AssertionError("no success")
            with lock:
                done.setdefault(u.id, []).append(a.json["exchangeOrderId"])
            n += 1
            time.sleep(0.01)
    threads = [threading.Thread(target=buyer, args=(u,), daemon=True) for u in people]
    for t in threads:
        t.start()
    wait_until(lambda: sum(map(len, done.values())) > 60, 20, "some orders")
    rough.stack.stop("mariadb", signal.SIGKILL)
    time.sleep(0.3)
    rough.stack.staging("up")
    before = sum(map(len, done.values()))
    wait_until(lambda: sum(map(len, done.values())) > before + 60, 30, "orders afterwards")
    stop.set()
    for t in threads:
        t.join(60)
        assert not t.is_alive()
    for u in people:
        rows = {r[0] for r in rough.stack.sql(f"SELECT id FROM exchange_orders WHERE user_id = '{u.id}'")}
        assert rows == set(done[u.id]) and len(done[u.id]) == len(rows)
    rough.stack.verify()


def test_a_deadlock_is_run_again(rough):
    """Another session locks the product and then wants the user, whom the exchange has: the server ends one of the two.
    Whichever it is, the exchange succeeds."""
    deadlocks = int(rough.stack.sql("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")[0][1])
    for n in range(3):
        u, p = rough.user(), rough.product()
        with rough.stack.session() as s:
            # Heavier than the exchange, so that the exchange is the victim.
            s.run("START TRANSACTION; UPDATE products SET version = version + 1 WHERE id IN "
                  f"(SELECT id FROM (SELECT id FROM products ORDER BY id LIMIT 40) x) OR id = '{p}';")
            answer = in_background(lambda: u.exchange(p, key=f"dead-{n}"))
            wait_until(lambda: waiters(rough.stack, p), 5, "the exchange to wait")
            s.run(f"UPDATE users SET nickname = '另' WHERE id = '{u.id}';")
            s.run("COMMIT;")
            a = answer()
        assert a.status == 201, a
        assert u.orders() == 1 and u.balance() == 100000 - 100 and rough.stock(p) == 9
    assert int(rough.stack.sql("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")[0][1]) > deadlocks, "there was none"
    rough.stack.verify()


def test_a_lock_wait_is_run_again(rough):
    u, p = rough.user(), rough.product()
    with rough.stack.session() as s:
        s.run(f"START TRANSACTION; SELECT id FROM products WHERE id = '{p}' FOR UPDATE;")
        answer = in_background(lambda: u.exchange(p))
        wait_until(lambda: waiters(rough.stack, p), 5, "the exchange to wait")
        time.sleep(1.5)         # over the session's lock wait of 1 s
        s.run("ROLLBACK;")
        a = answer()
    assert a.status == 201 and u.orders() == 1, a


def test_a_lock_wait_outside_a_transaction_is_503(rough):
    u, p = rough.user(), rough.product()
    path = f"{ORDERS}/{u.bought(p)}/delivery-info"
    with rough.stack.session() as s:
        s.run(f"START TRANSACTION; SELECT id FROM exchange_orders WHERE user_id = '{u.id}' FOR UPDATE;")
        a = rough.http.put(path, DELIVERY, u.token)
        assert (a.status, a.code) == (503, "unavailable"), a
        s.run("ROLLBACK;")
    assert rough.http.put(path, DELIVERY, u.token).status == 200


def test_a_statement_that_is_ended_is_504(rough):
    u, p = rough.user(), rough.product()
    with rough.stack.session() as s:
        s.run(f"START TRANSACTION; SELECT id FROM products WHERE id = '{p}' FOR UPDATE;")
        answer = in_background(lambda: u.exchange(p, key="ended"))
        for waiter in wait_until(lambda: waiters(rough.stack, p), 5, "the exchange to wait"):
            rough.stack.sql(f"KILL QUERY {waiter}")
        a = answer()
        assert (a.status, a.code) == (504, "timeout"), a
        s.run("ROLLBACK;")
    assert u.orders() == 0 and rough.stock(p) == 10
    assert u.exchange(p, key="ended").status == 201


def test_a_connection_that_is_ended_is_taken_up_again(rough):
    u, p = rough.user(), rough.product()
    for _ in range(2):
        rough.stack.sql("SELECT id FROM information_schema.processlist WHERE user = 'pointsmall'")
        for row in rough.stack.sql("SELECT id FROM information_schema.processlist WHERE user = 'pointsmall' AND command = 'Sleep'"):
            rough.stack.sql(f"KILL {row[0]}") if rough.stack.one(
                f"SELECT id FROM information_schema.processlist WHERE id = {row[0]}") else None
        assert {rough.http.get("/api/points/balance", u.token).status for _ in range(12)} == {200}
        assert u.exchange(p).status == 201
    assert u.orders() == 2


def test_a_connection_that_is_ended_in_a_transaction(rough):
    """Lost before COMMIT was sent: the server has undone it, and it is run again as a whole."""
    u, p = rough.user(), rough.product()
    with rough.stack.session() as s:
        s.run(f"START TRANSACTION; SELECT id FROM products WHERE id = '{p}' FOR UPDATE;")
        answer = in_background(lambda: u.exchange(p, key="cut"))
        for waiter in wait_until(lambda: waiters(rough.stack, p), 5, "the exchange to wait"):
            rough.stack.sql(f"KILL {waiter}")
        time.sleep(0.3)
        s.run("ROLLBACK;")
        a = answer()
    assert a.status in (201, 503), a
    assert u.orders() == (1 if a.status == 201 else 0)
    assert u.exchange(p, key="cut").status == 201 and u.orders() == 1
    rough.stack.verify()


@pytest.mark.parametrize("table,path", [("merchants", "/api/mall/products?limit=99"), ("points_records", "/api/points/records")])
def test_our_own_fault_is_a_500_that_tells_nothing(rough, table, path):
    u = rough.user()
    rough.stack.sql(f"RENAME TABLE {table} TO {table}_away")
    try:
        a = rough.direct.get(path, u.token, headers={"Accept-Language": "en"})
    finally:
        rough.stack.sql(f"RENAME TABLE {table}_away TO {table}")
    assert (a.status, a.code) == (500, "internal"), a
    for word in ("SELECT", table, "1146", "database", ".c:"):
        assert word not in a.text
    wait_until(lambda: rough.direct.get(path, u.token).status == 200, 5, "the table")
    assert a.json["requestId"] in rough.stack.log("serve")
