# SPDX-License-Identifier: Apache-2.0
"""memcached is only ever a copy: stopped, frozen or back, every answer is the same."""

import hashlib
import signal
import socket
import time

import pytest

from shop import new_id
from stack import wait_until

PRODUCTS = "/api/mall/products"


def same_answers(rough, slow_s):
    """The public answers, an exchange, a sold-out one, a replay: right, and none slower than slow_s."""
    u, p, gone = rough.user(), rough.product(), rough.product(stock=0)
    for n in range(12):
        for path in (f"{PRODUCTS}?limit={n + 1}", f"{PRODUCTS}/{p}", "/api/mall/categories"):
            a = rough.direct.get(path)
            assert a.status == 200 and a.seconds < slow_s, (path, a.seconds)
        assert len(rough.direct.get(f"{PRODUCTS}?limit={n + 1}").json["items"]) == n + 1
    first = u.exchange(p, key="m")
    again = u.exchange(p, key="m")
    assert first.status == 201 and again.body == first.body and first.seconds < slow_s
    for _ in range(3):
        a = u.exchange(gone)
        assert a.code == "out_of_stock" and a.seconds < slow_s
    assert u.cancel(first.json["exchangeOrderId"]).status == 200
    assert rough.http.get(f"/api/mall/inventory/{p}").json["available"] == 10


@pytest.fixture
def reference(rough):
    """What a list says while all is well."""
    category = rough.category()
    rough.products(5, category_id=category)
    path = f"{PRODUCTS}?categoryId={category}"
    return path, rough.direct.get(path)


def test_stopped_and_back(rough, reference):
    path, before = reference
    rough.stack.stop("memcached")
    assert rough.direct.get(path).body == before.body
    same_answers(rough, 2)
    time.sleep(1.1)
    a = rough.direct.get(path)
    assert a.body == before.body and a.header("ETag") == before.header("ETag")
    assert rough.http.get("/readyz").status == 200
    rough.stack.staging("up")
    same_answers(rough, 2)
    # And it is used again: within the breaker's patience something lies in it.
    until = time.monotonic() + 20
    while items_in_memcached(rough) == 0:
        assert time.monotonic() < until, "memcached is not used again"
        rough.direct.get(f"{PRODUCTS}?limit={int(time.monotonic() * 1000) % 100 + 1}")
        time.sleep(0.05)


def items_in_memcached(rough):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(rough.stack.env["MEMCACHED"])
        s.sendall(b"stats\r\n")
        got = b""
        while b"END\r\n" not in got:
            got += s.recv(65536)
    return next(int(line.split()[2]) for line in got.decode().splitlines() if line.startswith("STAT curr_items"))


def test_frozen_and_thawed(rough, reference):
    """A frozen server takes connections and says nothing: each time-out is short, and soon it is not asked any more."""
    path, before = reference
    rough.stack.kill("memcached", signal.SIGSTOP)
    try:
        same_answers(rough, 2)
        assert rough.direct.get(path).body == before.body
        begun = time.monotonic()
        for n in range(40):
            assert rough.direct.get(f"{PRODUCTS}?limit={n + 1}&minPoints=1").status == 200
        assert time.monotonic() - begun < 10
    finally:
        rough.stack.kill("memcached", signal.SIGCONT)
    same_answers(rough, 2)


def test_garbage_in_memcached_is_not_served(rough, reference):
    """What stands under our names and is not ours, or from the future, is not taken."""
    path, before = reference
    rough.direct.get(path)

    def overwrite(value):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(rough.stack.env["MEMCACHED"])
            f = s.makefile("rwb")
            f.write(b"lru_crawler metadump all\r\n")
            f.flush()
            names = []
            while (line := f.readline().strip()) not in (b"END", b""):
                if line.startswith(b"key="):
                    names.append(line.split()[0][4:])
            for name in names:
                f.write(b"set %s 0 10 %d\r\n%s\r\n" % (name, len(value), value))
            f.flush()
            for _ in names:
                f.readline()
    future = int((time.time() + 100) * 1e6)
    now = int(time.time() * 1e6)
    for value in (b"", b"x", b"\n", b"99 \"x\"\n{}", b"%d \"x\"\n{}" % future, b"%d \n{}" % now, b"{}" * 1000, b"%d x" % now):
        overwrite(value)
        a = rough.direct.get(path)
        assert a.status == 200 and a.body == before.body, value


# ---- what is poisoned ----

HEAD = b"%d \"" + b"0" * 32 + b"\"\n"


def poisoned(rough, head, body):
    """The answer to a list that nobody asked for yet, with this under the name that the program gives to its copy."""
    category = new_id("a")
    name = hashlib.sha256(f"{PRODUCTS}&categoryId={category}|7|".encode()).hexdigest().encode()
    value = head % int(time.time() * 1e6) + body
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(rough.stack.env["MEMCACHED"])
        s.sendall(b"set pm1:%s 0 10 %d\r\n%s\r\n" % (name, len(value), value))
        assert s.recv(100) == b"STORED\r\n"
    return rough.direct.send("GET", f"{PRODUCTS}?categoryId={category}&limit=7", check=False)


@pytest.fixture
def asked(rough):
    """Every worker asks memcached: none of them still has its breaker open."""
    def taken():
        return poisoned(rough, HEAD, b"{}").body == b"{}"
    wait_until(lambda: all(taken() for _ in range(12)), 15, "memcached's use; or its names or its form have changed")


@pytest.mark.parametrize("body", [
    b"{}\0" + b"x" * 60000, b"\0" * 5000, b"\0", b"{\"a\":1}\0", b"x" * 3000 + b"\0" + b"y" * 3000, b"{\"a\":1}",
], ids=["a long tail", "zeros", "one zero", "a zero at the end", "a zero in the middle", "none"])
def test_a_value_with_a_nul_shows_nothing_of_the_memory(rough, asked, body):
    """Heap over-read: the copy ended at the NUL, and as many bytes as memcached had said were sent all the same. Whoever
    writes to memcached chooses what is served, but must not read a worker's memory: keys, tokens, others' answers."""
    answers = [poisoned(rough, HEAD, body) for _ in range(8)]      # each worker's memory
    assert {a.status for a in answers} == {200}
    # A memcached that took too long was not waited for.
    assert body in {a.body for a in answers} <= {body, b'{"items":[],"nextCursor":null}'}


@pytest.mark.parametrize("head", [
    b"%d\0 \"x\"\n", b"%d \"x\0y\"\n", b"\0%d \"x\"\n", b"%d \"x\"\0\n", b"%d \"" + b"x" * 40 + b"\"\n",
])
def test_a_head_with_a_nul_is_not_taken(rough, asked, head):
    for _ in range(4):
        assert poisoned(rough, head, b"{}\0" + b"x" * 1000).json == {"items": [], "nextCursor": None}
