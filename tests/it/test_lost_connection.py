# SPDX-License-Identifier: Apache-2.0
"""Connections to the database over TCP and TLS that break: at COMMIT, before it, and while they are idle. Over TLS the
client library has other errors for it than over a socket of this machine."""

import random

import pytest

from proxy import FIN, NOTIFY, RST, SILENCE, Cut, Proxy
from shop import ORDERS, Shop, new_id
from stack import Stack, wait_until

WAYS = [RST, FIN, NOTIFY, SILENCE]
WORKERS = 2


@pytest.fixture(scope="module")
def tls():
    """An instance whose program knows its database by the proxy's port alone."""
    stack = Stack()
    proxy = Proxy(stack.dir)
    stack.options += ["--set=" + s for s in (
        "db.socket=", "db.host=127.0.0.1", f"db.port={proxy.port}", f"db.ca={stack.dir}/tls/ca.crt", "db.timeout_ms=1000",
        f"pool read.workers={WORKERS}", f"pool write.workers={WORKERS}", "limits.user_rate=0")]
    try:
        shop = Shop(stack.up())
        shop.proxy = proxy
        yield shop
    finally:
        stack.down()
        proxy.close()


@pytest.fixture(autouse=True)
def all_is_well_afterwards(tls):
    yield
    tls.proxy.cut = None
    assert not tls.proxy.errors
    tls.stack.verify()


def connections(shop):
    """Those of the workers and of jobs: (id, idle)."""
    rows = shop.stack.sql("SELECT id, command = 'Sleep' FROM information_schema.processlist WHERE user = 'pointsmall' "
                          "AND host LIKE '127.0.0.1:%'")
    return {int(row[0]): row[1] == "1" for row in rows}


def undone(shop):
    """Waits until the server has ended a connection, and so has undone what it had begun."""
    def gone(i):
        return not shop.stack.sql(f"SELECT id FROM information_schema.processlist WHERE id = {i} UNION ALL SELECT trx_id "
                                  f"FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = {i}")
    return lambda i: wait_until(lambda: gone(i), 20, "the server's end of it")


def nothing_is_known(a):
    assert (a.status, a.code) == (503, "unavailable"), a
    assert int(a.header("Retry-After")) >= 1
    assert "the same Idempotency-Key" in a.json["detail"], a


def test_the_program_is_on_tls_alone(tls):
    assert len(connections(tls)) >= 1 and set(connections(tls)) & set(tls.proxy.open)
    assert tls.stack.number("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'pointsmall' "
                            "AND host = 'localhost'") == 0


@pytest.mark.parametrize("how", WAYS)
def test_cut_after_commit_was_carried_out(tls, how):
    """2026 (TLS) was a 500: the client was told that it failed, and it had not."""
    u, p, key = tls.user(), tls.product(), new_id()
    cut = tls.proxy.cut = Cut(how, [key, "COMMIT"], after=lambda _: wait_until(u.orders, 20, "the order"))
    a = u.exchange(p, key=key, headers={"Accept-Language": "en"})
    assert cut.hit.is_set()
    nothing_is_known(a)
    b = u.exchange(p, key=key)
    assert b.status == 201 and b.header("Idempotency-Replayed") == "true", b
    assert tls.stack.sql(f"SELECT id FROM exchange_orders WHERE user_id = '{u.id}'") == [[b.json["exchangeOrderId"]]]
    assert (u.balance(), tls.stock(p)) == (100000 - 100, 9)


@pytest.mark.parametrize("how", WAYS)
def test_cut_before_commit_was_carried_out(tls, how):
    """The program cannot know the difference; the repeat is then the first."""
    u, p, key = tls.user(), tls.product(), new_id()
    cut = tls.proxy.cut = Cut(how, [key, "COMMIT"], forward=False, after=undone(tls))
    a = u.exchange(p, key=key, headers={"Accept-Language": "en"})
    assert cut.hit.is_set()
    nothing_is_known(a)
    assert u.orders() == 0
    b = u.exchange(p, key=key)
    assert b.status == 201 and b.header("Idempotency-Replayed") is None, b
    assert (u.orders(), u.balance(), tls.stock(p)) == (1, 100000 - 100, 9)


def test_a_cancellation_cut_at_commit(tls):
    u, p, key = tls.user(), tls.product(), new_id()
    order = u.bought(p)
    cut = tls.proxy.cut = Cut(RST, [key, "COMMIT"], after=lambda _: wait_until(lambda: tls.stock(p) == 10, 20, "the goods"))
    a = tls.http.post(f"{ORDERS}/{order}/cancel", None, u.token, key=key, headers={"Accept-Language": "en"})
    assert cut.hit.is_set()
    nothing_is_known(a)
    b = u.cancel(order, key=key)
    assert b.status == 200 and b.header("Idempotency-Replayed") == "true", b
    assert (u.balance(), tls.stock(p)) == (100000, 10)


@pytest.mark.parametrize("how", [RST, FIN, NOTIFY])
def test_cut_in_the_batch_before_commit(tls, how):
    """The server has undone it, and it is run again as a whole."""
    u, p, key = tls.user(), tls.product(), new_id()
    cut = tls.proxy.cut = Cut(how, [key, "FOR UPDATE NOWAIT"], forward=False, after=undone(tls))
    a = u.exchange(p, key=key)
    assert cut.hit.is_set()
    assert a.status == 201 and a.header("Idempotency-Replayed") is None, a
    assert (u.orders(), u.balance(), tls.stock(p)) == (1, 100000 - 100, 9)
    b = u.exchange(p, key=key)
    assert b.header("Idempotency-Replayed") == "true" and b.body == a.body


def everything_once(shop, u, p):
    """Requests of all kinds, often enough to come upon each worker's connections."""
    order = u.bought(p, 1)
    return [a.status for _ in range(4 * WORKERS) for a in (
        shop.http.get("/api/points/balance", u.token), u.exchange(p), u.order(order), u.cancel(order, key=order),
        shop.http.get(f"/api/mall/inventory/{p}"), shop.http.put("/api/user/profile", {"nickname": "新"}, u.token),
        shop.direct.get(f"/api/mall/products?minPoints={random.randrange(1, 100)}&limit=1"))]


def direct(shop):
    """The program on the database's own port, without the proxy: as the server itself ends a connection."""
    path = shop.stack.env["CONF"]
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert f"port = {shop.proxy.port}\n" in text
    return path, text, text.replace(f"port = {shop.proxy.port}\n", f"port = {shop.stack.env['DB_PORT']}\n")


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def idle(shop):
    """The ids of all connections, while none is in a statement."""
    now = connections(shop)
    return all(now.values()) and list(now)


def killed(shop, i):
    """Asked until it is gone: a KILL between two of its steps can pass a connection by."""
    with shop.stack.session() as s:
        s.run(f"KILL {i};")     # it may have gone meanwhile
    return i not in connections(shop)


@pytest.mark.parametrize("proxied", [True, False])
def test_idle_connections_are_ended_by_the_server(tls, proxied):
    u, p = tls.user(), tls.product(stock=1000)
    path, text, other = direct(tls)
    if not proxied:
        write(path, other)
        tls.stack.reload()
    try:
        for _ in range(2):
            everything_once(tls, u, p)
            for i in wait_until(lambda: idle(tls), 10, "idleness"):
                wait_until(lambda i=i: killed(tls, i), 20, "the server's end of it")
            assert set(everything_once(tls, u, p)) == {200, 201}
    finally:
        if not proxied:
            write(path, text)
            tls.stack.reload()
    # jobs lost its own, too.
    wait_until(lambda: tls.stack.number(f"SELECT COUNT(*) FROM outbox WHERE aggregate = '{u.id}' AND state = 0") == 0, 20,
               "the events")


@pytest.mark.parametrize("how", [RST, FIN, NOTIFY])
def test_idle_connections_are_cut_on_the_way(tls, how):
    """By a firewall, say, which forgets what is silent."""
    u, p = tls.user(), tls.product(stock=1000)
    everything_once(tls, u, p)
    wait_until(lambda: idle(tls), 10, "idleness")
    wait_until(tls.proxy.leave(how), 10, "the cuts")
    assert set(everything_once(tls, u, p)) == {200, 201}
