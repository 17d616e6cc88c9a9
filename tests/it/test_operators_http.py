# SPDX-License-Identifier: Apache-2.0
"""What the operators' routes stand on: versions in ETags, lists with totals, CSV in and out, the pool of bulk work."""

import csv
import glob
import http.client
import io
import os
import re
import signal

import pytest

from client import Client
from conftest import running
from shop import new_id
from stack import wait_until

PRODUCTS = "/api/mall/products"
ORDERS_CSV = "/api/admin/orders.csv"
MANY = 120000


def rows_of(answer):
    assert answer.status == 200, answer
    assert answer.header("Content-Type") == "text/csv; charset=utf-8"
    assert answer.body.startswith(b"\xef\xbb\xbf") and answer.body.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))


def test_public_reads_know_no_preconditions(shop, product):
    """The gateway neither refuses for them nor lets them reach the worker, cached or not."""
    for where in (PRODUCTS + "?limit=3", f"{PRODUCTS}/{product}"):
        etag = shop.direct.get(where).header("ETag")
        for headers in ({"If-Match": '"7"'}, {"If-Match": "*"}, {"If-Match": etag}, {"If-Match": "x"},
                        {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
            for _ in range(2):
                a = shop.http.get(where, headers=headers)
                assert a.status == 200 and a.json, (headers, a)
                assert shop.http.head(where, headers=headers).status == 200
        assert shop.http.get(where, headers={"If-Match": '"7"', "If-None-Match": etag}).status in (200, 304)


# ---- files out ----

@pytest.fixture(scope="module")
def large():
    """A mall with many orders, which no ledger knows of."""
    for shop in running():
        u, p = shop.user(), shop.product()
        shop.stack.sql(f"""INSERT INTO exchange_orders (id, order_no, user_id, product_id, product_name, quantity, points_cost, status,
            delivery_info, created_at, category_id, unit_points, product_snapshot)
            SELECT CONCAT('01990000-0000-7000-8000-', LPAD(LOWER(HEX(n.seq)), 12, '0')), CONCAT('261101', LPAD(n.seq, 12, '0')),
            '{u.id}', '{p}', REPEAT('商品', 30), 1, 1, 3,
            '{{"receiverName":"王小明","receiverPhone":"13800138000","address":"北京市海淀区中关村大街1号"}}',
            '2026-11-01' + INTERVAL n.seq SECOND, 'c', 1, '{{}}' FROM (SELECT seq FROM seq_1_to_{MANY}) n;""")
        yield shop


def workers_of(shop, pool):
    """The pids of the workers that listen at this pool's socket."""
    with open("/proc/net/unix", encoding="ascii") as f:
        inodes = {line.split()[6] for line in f if line.rstrip().endswith(f"/{pool}.sock")
                  and os.path.dirname(line.split()[-1]) == os.path.dirname(shop.stack.setting("pool read", "listen"))}
    found = []
    for pid in shop.stack.workers():
        held = {os.readlink(fd) for fd in glob.glob(f"/proc/{pid}/fd/*") if os.path.lexists(fd)}
        if held & {f"socket:[{i}]" for i in inodes}:
            found.append(pid)
    return found


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))


class Export:
    """An export of which only the beginning was read so far."""

    def __init__(self, shop):
        self.c = Client(shop.stack)
        c = self.c.connection()
        c.request("GET", ORDERS_CSV, headers={"Authorization": "Bearer " + shop.admin().token})
        self.r = c.getresponse()
        assert self.r.status == 200 and self.r.getheader("Content-Length") is None
        assert len(self.r.read(1000)) == 1000

    def rest(self):
        return self.r.read()

    def close(self):
        self.c.close()


def statements(shop):
    return shop.stack.sql("SELECT id FROM information_schema.processlist WHERE user = 'pointsmall' AND command <> 'Sleep' "
                          "AND info LIKE '%exchange_orders%' AND id <> CONNECTION_ID()")


def test_an_export_is_whole_and_its_worker_stays_small(large):
    workers = workers_of(large, "bulk")
    assert len(workers) == 2
    admin = large.admin()
    small = f"{ORDERS_CSV}?from=2026-11-01T00:00:00Z&to=2026-11-01T00:00:10Z"
    for _ in range(8):
        assert len(rows_of(large.http.get(small, admin.token))) == 9
    before = {pid: peak_kib(pid) for pid in workers}
    a = large.http.get(ORDERS_CSV, admin.token)
    assert len(a.body) > 40 << 20
    rows = rows_of(a)
    mine = [r for r in rows if r["id"].startswith("01990000-")]
    assert len({r["id"] for r in mine}) == MANY and {r["receiverPhone"] for r in mine} == {"138****8000"}
    assert workers_of(large, "bulk") == workers
    for pid in workers:
        assert peak_kib(pid) - before[pid] < 4096, (before[pid], peak_kib(pid))


def test_a_killed_worker_breaks_the_transfer_off(large):
    export = Export(large)
    for pid in workers_of(large, "bulk"):
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(http.client.IncompleteRead):
        export.rest()
    export.close()
    wait_until(lambda: len(workers_of(large, "bulk")) == 2, what="new workers")


def test_a_lost_connection_breaks_the_transfer_off(large):
    export = Export(large)
    (connection,), = wait_until(lambda: statements(large), what="the statement")
    large.stack.sql(f"KILL {connection}")
    with pytest.raises(http.client.IncompleteRead):
        export.rest()
    export.close()
    assert len(rows_of(large.http.get(ORDERS_CSV + "?to=2026-11-01T00:00:03Z", large.admin().token))) >= 2


def test_a_caller_who_goes_ends_the_statement(large):
    gone = large.stack.log("serve").count("the caller went away")
    export = Export(large)
    wait_until(lambda: statements(large), what="the statement")
    export.close()
    wait_until(lambda: not statements(large), what="its end")
    wait_until(lambda: large.stack.log("serve").count("the caller went away") > gone, what="its line in the log")


def test_exports_leave_the_pages_alone(large):
    """Both workers of the bulk pool are taken; everything else is answered as ever."""
    exports = [Export(large) for _ in range(2)]
    assert large.http.get(PRODUCTS).status == 200
    assert large.user().exchange(large.product()).status == 201
    for e in exports:
        assert len(e.rest()) > 40 << 20
        e.close()


def test_head_runs_nothing(large):
    a = large.http.head(ORDERS_CSV, large.admin().token)
    assert a.status == 200 and a.header("Content-Type") == "text/csv; charset=utf-8"
    assert a.header("Content-Disposition") == 'attachment; filename="orders.csv"'
    assert not statements(large)


def test_half_a_file_could_not_be_told_from_a_whole_one_over_http_1_0(large):
    got = large.http.wire(f"GET {ORDERS_CSV} HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {large.admin().token}\r\n\r\n"
                          .encode())
    assert b"400 Bad Request" in got.splitlines()[0] and b"invalid_request" in got


def test_nothing_of_an_export_is_an_error_as_ever(large):
    admin = large.admin()
    a = large.http.get(ORDERS_CSV + "?status=9&from=yesterday&full=perhaps", admin.token)
    assert a.status == 400 and a.fields() == {"status", "from", "full"}
    assert large.http.get(ORDERS_CSV).status == 401
    assert large.http.get(ORDERS_CSV, large.user().token).status == 403
    empty = large.http.get(f"{ORDERS_CSV}?userId={new_id()}", admin.token)
    assert rows_of(empty) == [] and empty.body.startswith(b"\xef\xbb\xbforderNo,status,")


def test_cells_are_no_formulas(large):
    p = large.product(name='=HYPERLINK("http://x","y")')
    u = large.user()
    order = u.bought(p, deliveryInfo={"receiverName": "@王", "receiverPhone": "+8613800138000", "address": "一\"号\", 二层"})
    row, = rows_of(large.http.get(f"{ORDERS_CSV}?userId={u.id}", large.admin().token))
    assert row["id"] == order and row["productName"] == '\'=HYPERLINK("http://x","y")' and row["receiverName"] == "'@王"
    assert row["address"] == '一"号", 二层' and row["pointsCost"] == "100"
    row, = rows_of(large.http.get(f"{ORDERS_CSV}?userId={u.id}&full=true", large.admin().token))
    assert row["receiverPhone"] == "'+8613800138000"
