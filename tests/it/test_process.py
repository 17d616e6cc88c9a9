# SPDX-License-Identifier: Apache-2.0
"""The master and its workers: reload, death, deadline, the end."""

import os
import pwd
import signal
import threading
import time

import pytest

from client import Load
from stack import SANITIZED, Stack, alive, wait_until, waiters
from shop import Shop




def busy_worker(shop, user, product, key):
    """The pid of the worker that now runs this user's exchange, held by a lock on the product."""
    before = {pid: cpu_of(pid) for pid in shop.stack.workers()}
    result = []
    t = threading.Thread(target=lambda: result.append(call_or_error(user, product, key)), daemon=True)
    t.start()
    wait_until(lambda: waiters(shop.stack, product), 10, "the exchange to wait")
    moved = [pid for pid in shop.stack.workers() if cpu_of(pid) != before.get(pid)]
    return t, result, moved


def cpu_of(pid):
    """How often it was scheduled: changes with any work."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            return [line.split()[1] for line in f if "voluntary_ctxt_switches" in line]
    except FileNotFoundError:
        return None


def call_or_error(user, product, key):
    try:
        return user.exchange(product, key=key)
    except OSError as e:
        return e


def test_reload_under_load_loses_no_request(rough):
    people = rough.users(8, 10000000)
    p = rough.product(stock=1000000, price=1)
    turn = iter(range(1 << 30))
    lock = threading.Lock()
    wrong = []

    def work():
        with lock:
            n = next(turn)
        u = people[n % 8]
        for a in (rough.direct.get(f"/api/mall/products?limit={n % 50 + 1}"), rough.http.get("/api/mall/categories"),
                  rough.http.get(f"/api/mall/inventory/{p}"), u.exchange(p) if n % 4 == 0 else rough.http.get("/healthz")):
            if a.status not in (200, 201, 429):
                wrong.append(a)
    old = set(rough.stack.workers())
    with Load(work, 6) as load:
        wait_until(lambda: load.count > 50, 20, "load")
        for _ in range(2):
            rough.stack.reload()
        at = load.count
        wait_until(lambda: load.count > at + 50, 20, "load afterwards")
    assert not load.failures, load.failures[:3]
    assert not wrong, wrong[:3]
    new = set(rough.stack.workers())
    assert not (old & new) and len(new) == len(old)
    rough.stack.verify()


def test_reload_takes_new_settings(rough):
    u = rough.user()
    path = rough.stack.env["CONF"]
    text = open(path, encoding="utf-8").read()
    try:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("user_rate = 20", "user_rate = 1").replace("user_burst = 40", "user_burst = 2"))
        rough.stack.reload()
        assert [rough.http.get("/api/points/balance", u.token).status for _ in range(4)].count(429) >= 1
        # A wrong one changes nothing, and is told.
        with open(path, "w", encoding="utf-8") as f:
            f.write(text + "\n[nonsense]\n")
        rough.stack.kill("serve", signal.SIGHUP)
        wait_until(lambda: "not reloaded: going on with the settings as they were" in rough.stack.log("serve"), 10, "the refusal")
        assert "nonsense" in rough.stack.log("serve")
        assert rough.http.get("/readyz").status == 200
    finally:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    rough.stack.reload()
    assert [rough.http.get("/api/points/balance", rough.user().token).status for _ in range(20)].count(429) == 0


def test_stagings_reload_refuses_wrong_settings(rough):
    """It says so, ends with a failure, and no worker is replaced."""
    path = rough.stack.env["CONF"]
    text = open(path, encoding="utf-8").read()
    before, said = set(rough.stack.workers()), rough.stack.log("serve")
    try:
        for wrong in (text + "\n[nonsense]\n", text.replace("user_rate = 20", "user_rate = many"),
                      text.replace("[limits]", "[limits]\ncolour = blue"), ""):
            assert wrong != text
            with open(path, "w", encoding="utf-8") as f:
                f.write(wrong)
            with pytest.raises(AssertionError, match=r"staging reload: [1-9][\s\S]*nothing was reloaded"):
                rough.stack.staging("reload")
    finally:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    assert rough.stack.program("check-config").returncode == 0
    assert rough.http.get("/readyz").status == 200
    assert set(rough.stack.workers()) == before
    assert rough.stack.log("serve")[len(said):].count("reloaded") == 0, "serve was asked to all the same"


def test_a_worker_killed_in_mid_transaction(rough):
    """Nothing happened; the caller is told, the others go on, and a new worker takes its place."""
    other = rough.user()
    for n in range(3):
        u, p = rough.user(), rough.product()
        count = len(rough.stack.workers())
        with rough.stack.session() as s:
            s.run(f"START TRANSACTION; SELECT id FROM products WHERE id = '{p}' FOR UPDATE;")
            t, result, moved = busy_worker(rough, u, p, f"killed-{n}")
            assert moved
            # Whoever did anything since: the one that waits is among them.
            for pid in moved:
                os.kill(pid, signal.SIGKILL)
            t.join(20)
            assert not t.is_alive()
            assert rough.http.get("/healthz").status == 200
            s.run("ROLLBACK;")
        a = result[0]
        assert (a.status, a.code) == (502, "upstream_failed"), a
        wait_until(lambda: not waiters(rough.stack, p), 10, "the server to undo it")
        wait_until(lambda: len(rough.stack.workers()) == count, 20, "a new worker")
        assert u.orders() == 0 and u.balance() == 100000 and rough.stock(p) == 10 and u.counter(p) == 0
        assert rough.stack.number(f"SELECT COUNT(*) FROM outbox WHERE aggregate = '{u.id}'") == 0
        wait_until(lambda: u.exchange(p, key=f"killed-{n}").status == 201, 10, "the repeated request")
        assert u.orders() == 1
    assert other.exchange(p).status == 201
    rough.stack.verify()


def test_workers_that_are_killed_come_back(rough):
    before = rough.stack.workers()
    for pid in before[:3]:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(rough.stack.workers()) == len(before) and not set(before[:3]) & set(rough.stack.workers()), 30,
               "new workers")
    assert rough.http.get("/readyz").status == 200


def test_workers_do_not_run_as_root(rough):
    me = os.getuid()
    for name in ("serve", "jobs"):
        pids = rough.stack.workers(name) if name == "serve" else [rough.stack.pid(name)]
        assert pids
        for pid in pids:
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
            uids = {int(x) for x in status["Uid"].split()}
            if me == 0:
                assert uids == {pwd.getpwnam("nobody").pw_uid}, (name, status["Uid"])
                assert 0 not in {int(x) for x in status["Gid"].split()}
                assert "0" not in status["Groups"].split()
                assert int(status["CapEff"], 16) == 0
            else:
                assert uids == {me}


def test_max_requests_and_the_end():
    """Workers that end after few requests, under load, lose nothing; and down ends every process."""
    stack = Stack(settings=["pool read.max_requests=20", "pool write.max_requests=20", "pool read.workers=2"])
    try:
        shop = Shop(stack.up())
        u = shop.user()
        first = set(stack.workers())
        statuses = [shop.http.get("/api/mall/inventory/01980000-0000-7000-8000-000000000001").status for _ in range(150)]
        assert set(statuses) == {200}
        assert u.exchange("01980000-0000-7000-8000-000000000001").status in (201, 409)
        wait_until(lambda: len(set(stack.workers()) - first) >= 2, 20, "new workers")
        pids = [stack.pid(n) for n in ("mariadb", "memcached", "serve", "jobs", "nginx")] + stack.workers()
        begun = time.monotonic()
        stack.staging("down")
        assert time.monotonic() - begun < (60 if SANITIZED else 20)
        assert not [pid for pid in pids if alive(pid)]
        assert not [f for f in os.listdir(os.path.join(stack.dir, "run")) if f.endswith(".pid")]
    finally:
        stack.down()


def test_a_graceful_stop_finishes_what_is_in_hand():
    stack = Stack(settings=["pool read.workers=1", "pool write.workers=2"])
    try:
        shop = Shop(stack.up())
        u, p = shop.user(), shop.product()
        with stack.session() as s:
            s.run(f"START TRANSACTION; SELECT id FROM products WHERE id = '{p}' FOR UPDATE;")
            box = []
            t = threading.Thread(target=lambda: box.append(call_or_error(u, p, "end")), daemon=True)
            t.start()
            wait_until(lambda: waiters(stack, p), 10, "the exchange to wait")
            master = stack.pid("serve")
            os.kill(master, signal.SIGQUIT)
            wait_until(lambda: "QUIT: finishing" in stack.log("serve"), 5, "the master to hear")
            time.sleep(0.4)
            assert alive(master)
            s.run("ROLLBACK;")
        t.join(20)
        assert box[0].status == 201, box
        wait_until(lambda: not alive(master), 20, "the end")
        assert u.orders() == 1
    finally:
        stack.down()
