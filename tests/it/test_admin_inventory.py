# SPDX-License-Identifier: Apache-2.0
"""Stock in and out, stocktaking, thresholds, and the ledger of stock, by operators."""

from concurrent.futures import ThreadPoolExecutor
import json

import pytest

from client import together
from shop import ORDERS, new_id
from stack import waiters, wait_until
from test_admin_products import made

BIG = 2147483647
TOP = 1000000000


def move(who, product, **body):
    return who.post(f"/inventory/{product}", dict({"description": "盘点"}, **body))


def moved(who, product, **body):
    a = move(who, product, **body)
    assert a.status == 200, a
    return a.json


def alert(who, product, threshold):
    a = who.put(f"/inventory/{product}/alert", {"threshold": threshold})
    assert a.status == 200, a
    return a.json


def ledger(shop, product):
    """(seq, type, change, stock_after), oldest first."""
    return [tuple(int(c) for c in row) for row in shop.stack.sql(
        "SELECT seq, change_type, quantity_change, stock_after FROM inventory_records "
        f"WHERE product_id = '{product}' ORDER BY seq")]


def is_chain(records, stock):
    after = 0
    for n, (seq, kind, change, stock_after) in enumerate(records, 1):
        assert seq == n and change != 0 and (change > 0) == (kind in (1, 4))
        after += change
        assert after == stock_after >= 0
    return after == stock


def low_events(shop, product):
    rows = shop.stack.sql("SELECT payload, source, targets, aggregate FROM outbox WHERE event_type = 'mall.inventory.low' "
                          f"AND aggregate = '{product}' ORDER BY seq")
    assert all(row[1:] == ["inventory", '["notify"]', product] for row in rows)
    return [json.loads(row[0]) for row in rows]


def hold(shop, product, pieces):
    """Reserves pieces as a pending order would, without one."""
    shop.stack.sql(f"UPDATE products SET reserved_quantity = {pieces} WHERE id = '{product}'")


# ---- moves ----

def test_in_and_out(shop):
    admin, p = shop.admin(), shop.product(stock=10)
    a = moved(admin, p, change=5, description="到货")
    assert (a["productId"], a["change"], a["available"], a["reserved"], a["inStock"]) == (p, 5, 15, 0, True)
    r = a["record"]
    assert (r["seq"], r["type"], r["change"], r["stockAfter"]) == (2, 1, 5, 15)
    assert (r["orderId"], r["operatorId"], r["description"]) == (None, admin.id, "到货")
    a = moved(admin, p, change=-15, description="破损报废")
    assert (a["available"], a["inStock"], a["record"]["type"], a["record"]["seq"]) == (0, False, 2, 3)
    assert ledger(shop, p) == [(1, 1, 10, 10), (2, 1, 5, 15), (3, 2, -15, 0)]
    assert admin.audit(p) == [
        ("inventory.move", {"available": 10, "reserved": 0}, {"available": 15, "reserved": 0, "description": "到货"}),
        ("inventory.move", {"available": 15, "reserved": 0}, {"available": 0, "reserved": 0, "description": "破损报废"})]


def test_the_catalogues_version_stays(shop):
    admin, p = shop.admin(), shop.product()
    before = shop.stack.one(f"SELECT version FROM products WHERE id = '{p}'")
    moved(admin, p, change=1)
    alert(admin, p, 3)
    assert shop.stack.one(f"SELECT version FROM products WHERE id = '{p}'") == before


def test_it_can_be_had_at_once(shop, user):
    p = shop.product(stock=0)
    assert user.exchange(p).code == "out_of_stock"
    moved(shop.admin(), p, change=1)
    assert shop.http.get(f"/api/mall/inventory/{p}").json["available"] == 1


def test_never_below_zero(shop):
    admin, p = shop.admin(), shop.product(stock=3)
    a = move(admin, p, change=-4)
    assert (a.status, a.code) == (409, "out_of_stock")
    assert ledger(shop, p) == [(1, 1, 3, 3)] and admin.audit(p) == []


def test_what_is_reserved_stays_reserved(shop):
    admin, p = shop.admin(), shop.product(stock=10)
    hold(shop, p, 4)
    try:
        assert move(admin, p, change=-11).code == "out_of_stock"
        assert moved(admin, p, change=-10)["reserved"] == 4
        a = moved(admin, p, counted=9)
        assert (a["available"], a["reserved"], a["change"], a["record"]["type"]) == (5, 4, 5, 1)
        assert admin.audit(p)[-1] == ("inventory.count", {"available": 0, "reserved": 4},
                                      {"available": 5, "reserved": 4, "counted": 9, "description": "盘点"})
        a = move(admin, p, counted=3)
        assert (a.status, a.code) == (409, "conflict") and "占用" in a.json["detail"]
        assert moved(admin, p, counted=4)["available"] == 0
    finally:
        hold(shop, p, 0)


def test_a_count(shop):
    admin, p = shop.admin(), shop.product(stock=10)
    a = moved(admin, p, counted=7)
    assert (a["change"], a["available"], a["record"]["type"], a["record"]["change"]) == (-3, 7, 2, -3)
    a = moved(admin, p, counted=7)
    assert (a["change"], a["available"], a["record"]) == (0, 7, None)
    assert moved(admin, p, counted=0)["inStock"] is False
    assert ledger(shop, p) == [(1, 1, 10, 10), (2, 2, -3, 7), (3, 2, -7, 0)]
    assert [e[0] for e in admin.audit(p)] == ["inventory.count"] * 3


def test_a_stock_has_a_top(shop):
    admin, p = shop.admin(), shop.product(stock=10)
    assert moved(admin, p, change=TOP - 10)["available"] == TOP
    a = move(admin, p, change=1)
    assert a.status == 400 and a.fields() == {"change"}
    assert moved(admin, p, counted=TOP)["change"] == 0
    assert moved(admin, p, counted=10)["available"] == 10


@pytest.mark.parametrize("confirm", [True, False])
def test_at_the_top_what_was_exchanged_still_comes_back(shop, user, confirm):
    admin = shop.admin()
    p = made(admin, stockQuantity=TOP)["id"]
    order = user.bought(p, 2, confirm=confirm)
    assert moved(admin, p, change=2)["available"] == TOP
    assert user.cancel(order).status == 200 and shop.stock(p) == TOP + 2
    assert move(admin, p, change=1).fields() == {"change"}
    assert moved(admin, p, change=-1)["available"] == TOP + 1, "above it there is a way down"
    assert shop.stack.number(f"SELECT stock_quantity FROM products WHERE id = '{p}'") == TOP + 1
    moved(admin, p, counted=0)


@pytest.mark.parametrize("body, fields", [
    ({"change": 1.5, "description": ""}, {"change", "description"}),
    ({"change": "1", "counted": -1, "description": 7, "stock": 1}, {"change", "counted", "description", "stock"}),
    ({"change": None, "description": "x"}, {"change"}),
    ({"change": 0, "description": "x"}, {"change"}),
    ({"change": 1, "counted": 1, "description": "x"}, {"counted"}),
    ({"description": "x"}, {"change"}),
    ({"change": TOP + 1, "description": "x" * 201}, {"change", "description"}),
    ({"change": -TOP - 1, "description": "x"}, {"change"}),
    ({"counted": TOP + 1, "description": "a\nb"}, {"counted", "description"}),
    ({}, {"description"}),
])
def test_bad_moves(shop, body, fields):
    p = shop.product(stock=3)
    a = shop.admin().post(f"/inventory/{p}", body)
    assert (a.status, a.code) == (400, "invalid_request") and a.fields() == fields
    assert shop.stock(p) == 3


def test_a_key_moves_once(shop):
    admin, p = shop.admin(), shop.product(stock=3)
    body = {"change": 4, "description": "到货"}
    first = admin.post(f"/inventory/{p}", body, key="stock-1")
    again = admin.post(f"/inventory/{p}", body, key="stock-1")
    assert first.status == again.status == 200 and first.body == again.body
    assert again.header("Idempotency-Replayed") == "true" and shop.stock(p) == 7
    assert admin.post(f"/inventory/{p}", dict(body, change=5), key="stock-1").code == "idempotency_key_reused"
    assert len(admin.audit(p)) == 1
    # What had no effect leaves the key free.
    assert admin.post(f"/inventory/{p}", dict(body, change=-99), key="stock-2").code == "out_of_stock"
    assert admin.post(f"/inventory/{p}", dict(body, change=-7), key="stock-2").status == 200


def test_whose_it_is(shop, user):
    mine, other = shop.merchant(), shop.merchant()
    p = shop.product(stock=3, merchant_id=mine.merchant)
    nobodys = shop.product(stock=3)
    body = {"change": 1, "description": "x"}
    calls = [lambda w, q: w.post(f"/inventory/{q}", body), lambda w, q: w.put(f"/inventory/{q}/alert", {"threshold": 1}),
             lambda w, q: w.get(f"/inventory/{q}/records")]
    for call in calls:
        assert call(mine, p).status == 200
        for who, product in ((other, p), (mine, nobodys), (mine, new_id()), (shop.admin(), new_id()), (shop.admin(), "x")):
            assert (call(who, product).status, call(who, product).code) == (404, "not_found")
    deleted = shop.product(deleted_at="2026-01-01 00:00:00")
    assert [call(shop.admin(), deleted).status for call in calls] == [404, 404, 200]
    for method, path, what in (("POST", f"/inventory/{p}", body), ("PUT", f"/inventory/{p}/alert", {"threshold": 1}),
                               ("GET", f"/inventory/{p}/records", None), ("GET", "/inventory/low", None)):
        assert shop.http.call(method, "/api/admin" + path, what).status == 401
        assert shop.http.call(method, "/api/admin" + path, what, user.token).status == 403
        if what is not None:
            a = shop.http.call(method, "/api/admin" + path, token=mine.token, raw=b"x", content_type="text/plain")
            assert a.status == 415
    assert shop.stock(p) == 4


# ---- thresholds ----

def test_a_threshold(shop):
    admin, p = shop.admin(), shop.product(stock=3)
    a = alert(admin, p, 5)
    assert a == {"productId": p, "name": a["name"], "status": 1, "available": 3, "reserved": 0, "threshold": 5}
    alert(admin, p, 5)
    assert alert(admin, p, None)["threshold"] is None
    assert admin.audit(p) == [("inventory.alert", {"threshold": None}, {"threshold": 5}),
                              ("inventory.alert", {"threshold": 5}, {"threshold": None})]
    assert low_events(shop, p) == []


@pytest.mark.parametrize("body", [{}, {"threshold": -1}, {"threshold": "1"}, {"threshold": BIG + 1}, {"threshold": True}])
def test_bad_thresholds(shop, body):
    a = shop.admin().put(f"/inventory/{shop.product()}/alert", body)
    assert a.status == 400 and a.fields() == {"threshold"}


def test_low_is_told_once_a_crossing(shop):
    admin, p = shop.admin(), shop.product(stock=10)
    alert(admin, p, 5)
    moved(admin, p, change=-4)
    assert low_events(shop, p) == []
    moved(admin, p, change=-1)
    assert low_events(shop, p) == [{"productId": p, "available": 5, "threshold": 5}]
    moved(admin, p, change=-1)
    moved(admin, p, counted=2)
    assert len(low_events(shop, p)) == 1
    moved(admin, p, change=4)
    assert len(low_events(shop, p)) == 1
    moved(admin, p, counted=0)
    assert low_events(shop, p)[1:] == [{"productId": p, "available": 0, "threshold": 5}]
    # Nobody is told by setting it, and nobody where there is none.
    moved(admin, p, change=20)
    alert(admin, p, 50)
    moved(admin, p, change=-1)
    alert(admin, p, None)
    moved(admin, p, counted=0)
    assert len(low_events(shop, p)) == 2


def test_exchanges_and_holds_tell_it_too(shop, user):
    admin, p = shop.admin(), shop.product(stock=6)
    alert(admin, p, 3)
    user.bought(p, 2)
    assert low_events(shop, p) == []
    held = user.bought(p, 2, confirm=False)
    assert low_events(shop, p) == [{"productId": p, "available": 2, "threshold": 3}]
    # Its confirmation gives and takes the same pieces: nothing is crossed.
    assert shop.http.post(f"{ORDERS}/{held}/confirm", None, user.token).status == 200
    assert len(low_events(shop, p)) == 1
    assert user.cancel(held).status == 200 and shop.stock(p) == 4
    user.bought(p, 4)
    assert low_events(shop, p)[1:] == [{"productId": p, "available": 0, "threshold": 3}]


def test_a_threshold_set_under_an_exchange(shop, user):
    """It had been read without one; it is read again."""
    p = shop.product(stock=5)
    with shop.stack.session() as s, ThreadPoolExecutor(1) as pool:
        s.run(f"START TRANSACTION; SELECT id FROM products WHERE id = '{p}' FOR UPDATE;")
        bought = pool.submit(user.bought, p, 2)
        wait_until(lambda: waiters(shop.stack, "UPDATE products"), 10, "the exchange")
        s.run(f"UPDATE products SET alert_threshold = 3 WHERE id = '{p}'; COMMIT;")
        bought.result(20)
    assert low_events(shop, p) == [{"productId": p, "available": 3, "threshold": 3}]


def test_the_low_list(shop):
    mine, other = shop.merchant(), shop.merchant()
    made = shop.products(7, stock=lambda k: 3 + k % 3, merchant_id=mine.merchant, alert_threshold=lambda k: 5 if k < 6 else 1)
    shop.product(stock=1, merchant_id=other.merchant, alert_threshold=1)
    shop.product(stock=1, merchant_id=mine.merchant, alert_threshold=1, deleted_at="2026-01-01 00:00:00")
    shop.product(stock=1, merchant_id=mine.merchant)
    want = sorted((3 + k % 3, made[k]) for k in range(6))
    a = mine.get("/inventory/low").json
    assert [(i["available"], i["productId"]) for i in a["items"]] == want and a["total"] == 6 and a["nextCursor"] is None
    assert [(i["available"], i["productId"]) for i in mine.pages("/inventory/low", limit=2)] == want
    assert {i for _, i in want} <= {i["productId"] for i in shop.admin().pages("/inventory/low", limit=100)}
    moved(mine, made[6], change=-2)
    assert mine.get("/inventory/low").json["total"] == 7
    moved(mine, made[6], change=1)
    assert mine.get("/inventory/low").json["total"] == 6
    for wrong in ({"limit": "0"}, {"cursor": "x"}):
        assert mine.get("/inventory/low", query=wrong).status == 400


# ---- the ledger ----

def test_the_ledger(shop, user):
    admin, p = shop.admin(), shop.product(stock=10)
    order = user.bought(p, 2)
    moved(admin, p, change=7, description="到货")
    user.cancel(order)
    a = admin.get(f"/inventory/{p}/records").json
    assert a["total"] == 4 and a["nextCursor"] is None
    assert [(i["seq"], i["type"], i["change"], i["stockAfter"], i["orderId"], i["operatorId"]) for i in a["items"]] == [
        (4, 1, 2, 17, order, None), (3, 1, 7, 15, None, admin.id), (2, 2, -2, 8, order, None), (1, 1, 10, 10, None, None)]
    assert [i["seq"] for i in admin.pages(f"/inventory/{p}/records", limit=3)] == [4, 3, 2, 1]
    for wrong in ({"limit": "101"}, {"cursor": "x"}):
        assert admin.get(f"/inventory/{p}/records", query=wrong).status == 400
    other = shop.product(stock=1)
    cursor = admin.get(f"/inventory/{p}/records", query={"limit": 1}).json["nextCursor"]
    assert admin.get(f"/inventory/{other}/records", query={"cursor": cursor}).code == "invalid_cursor"


# ---- many at once ----

def test_a_crossing_by_twenty_at_once(shop):
    p = shop.product(stock=30)
    alert(shop.admin(), p, 18)
    buyers = shop.users(20)
    together(20, lambda i: buyers[i].bought(p, confirm=bool(i % 2)))
    assert low_events(shop, p) == [{"productId": p, "available": 18, "threshold": 18}]
    assert is_chain(ledger(shop, p), 10) and shop.stock(p) == 10


def test_operators_and_counts_at_once(shop, rng):
    admin, p = shop.admin(), shop.product(stock=20)
    alert(admin, p, 0)
    plans = [[rng.choice([{"change": -3}, {"change": -2}, {"change": 2}, {"counted": 4}]) for _ in range(8)] for _ in range(6)]

    def work(i):
        who = shop.admin()      # each has a rate of its own
        codes = [move(who, p, **plan) for plan in plans[i]]
        assert {a.status for a in codes} <= {200, 409} and {a.code for a in codes if a.status == 409} <= {"out_of_stock"}
    together(6, work)
    records = ledger(shop, p)
    assert is_chain(records, shop.stock(p))
    down = sum(1 for before, now in zip(records, records[1:]) if now[3] <= 0 < before[3])
    assert len(low_events(shop, p)) == down
    shop.stack.verify()
