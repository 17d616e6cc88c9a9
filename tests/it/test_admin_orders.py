# SPDX-License-Identifier: Apache-2.0
"""Orders as operators look for them: lists held against a model of them, one in full, files out and in."""

import csv
import io
import json
import time

import pytest

from client import together
from conftest import running
from shop import DELIVERY, new_id

ORDERS = "/orders"
SHIP = "/orders/ship.csv"
DAY_S = 86400


def rows_of(answer):
    assert answer.status == 200, answer
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))


def sheet(lines, header="orderNo,carrier,trackingNo"):
    return "\ufeff" + "\r\n".join([header, *lines]) + "\r\n"


def ship_file(who, text, **more):
    return who.shop.http.call("POST", "/api/admin" + SHIP, raw=text, token=who.token, content_type="text/csv", **more)


def number(shop, order):
    return shop.stack.one(f"SELECT order_no FROM exchange_orders WHERE id = '{order}'")


# ---- lists, against a model ----

class Book:
    """Orders of every kind, made behind the program's back, and what each list of them must be."""

    def __init__(self, shop, rng, n=400):
        self.shop = shop
        self.merchants = [shop.merchant() for _ in range(3)]
        ids = [m.merchant for m in self.merchants]
        self.products = [(shop.product(merchant_id=m), m) for m in (*ids, *ids, None) for _ in range(2)]
        self.users = shop.users(5)
        self.orders = []
        text = "DELETE FROM order_parcels; DELETE FROM exchange_orders;\n"
        for k in range(n):
            text += self.make(k, rng)
        shop.stack.sql("START TRANSACTION;\n" + text + "COMMIT;")
        self.orders.sort(key=lambda o: o["id"])

    def make(self, k, rng):
        product, merchant = rng.choice(self.products)
        status = rng.choice([0, 1, 1, 2, 3, 3, 3, 4, 5, 6])
        o = {
            "id": f"01990000-{k:04x}-7000-8000-{rng.randrange(1 << 48):012x}", "orderNo": f"2611{k % 30:02d}{k:012d}",
            "status": status, "merchantId": merchant, "userId": rng.choice(self.users).id, "productId": product,
            "at": 1793491200 + k // 3 * 3600, "tracking": f"SF5500{k % 7}_{k:08d}" if status in (2, 3, 5, 6) else None,
            "needsReview": status in (0, 1) and rng.random() < 0.5, "settling": status in (0, 4) and rng.random() < 0.3,
        }
        self.orders.append(o)
        merchant = f"'{merchant}'" if merchant else "NULL"
        tracking = f"'{o['tracking']}'" if o["tracking"] else "NULL"
        text = ("INSERT INTO exchange_orders (id, order_no, user_id, product_id, product_name, quantity, points_cost, status, "
                "delivery_info, tracking_no, created_at, merchant_id, category_id, unit_points, product_snapshot, needs_review, "
                f"settling) VALUES ('{o['id']}', '{o['orderNo']}', '{o['userId']}', '{product}', '商品', 1, 100, {status}, "
                f"'{json.dumps(DELIVERY, ensure_ascii=False)}', {tracking}, FROM_UNIXTIME({o['at']}), {merchant}, 'c', 100, "
                "'{\"category\":{\"id\":\"01980000-0000-7000-a000-000000000011\",\"name\":\"类\"},\"merchant\":null,\"images\":[],"
                "\"originalPrice\":null,\"description\":null,\"specifications\":{}}', "
                f"{o['needsReview']:d}, {o['settling']:d});\n")
        if o["tracking"]:
            text += f"INSERT INTO order_parcels (order_id, tracking_no) VALUES ('{o['id']}', {tracking});\n"
        if o["settling"]:
            text += ("INSERT INTO sagas (id, kind, state, confirm, order_id, user_id, points, description, next_at, created_at, "
                     f"updated_at) VALUES ('{new_id()}', 1, 4, 1, '{o['id']}', '{o['userId']}', 1, 'x', '2099-01-01', "
                     "UTC_TIMESTAMP(), UTC_TIMESTAMP());\n")
        return text

    def question(self, rng):
        """Some filters, at random."""
        some = rng.choice(self.orders)
        choices = {
            "status": some["status"], "merchantId": some["merchantId"], "userId": some["userId"], "productId": some["productId"],
            "q": rng.choice([some["orderNo"], some["orderNo"][:6], some["tracking"] or "SF5500", (some["tracking"] or "SF5500")[:7]]),
            "from": time_text(some["at"]), "to": time_text(some["at"] + rng.randrange(5) * DAY_S),
            "needsReview": rng.choice(["true", "false"]), "settling": rng.choice(["true", "false"]),
        }
        names = rng.sample(sorted(choices), rng.choice([0, 1, 1, 1, 2, 2, 3]))
        return {n: choices[n] for n in names if choices[n] is not None}

    def answer(self, question, merchant=None):
        """The ids that the question finds, newest first."""
        def fits(o):
            q = question.get("q")
            return ((merchant is None or o["merchantId"] == merchant)
                    and all(o[n] == question[n] for n in ("status", "merchantId", "userId", "productId") if n in question)
                    and (q is None or o["orderNo"].startswith(q) or (o["tracking"] or "").startswith(q))
                    and ("from" not in question or time_text(o["at"]) >= question["from"])
                    and ("to" not in question or time_text(o["at"]) < question["to"])
                    and ("needsReview" not in question or
                         (o["needsReview"] and o["status"] == 0) == (question["needsReview"] == "true"))
                    and ("settling" not in question or o["settling"] == (question["settling"] == "true")))
        return [o["id"] for o in reversed(self.orders) if fits(o)]


def time_text(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


@pytest.fixture(scope="module")
def book(rng):
    """In an instance of its own: no ledger knows of these orders."""
    for shop in running(settings=["limits.user_rate=0"]):
        yield Book(shop, rng)


def test_every_list_is_what_was_asked_for(book, rng):
    admin = book.shop.admin()
    found = 0
    for _ in range(120):
        who, merchant = rng.choice([(admin, None), (admin, None), *((m, m.merchant) for m in book.merchants)])
        question = book.question(rng)
        expected = book.answer(question, merchant)
        found += len(expected)
        sort = rng.choice(["newest", "oldest", None])
        asked = dict(question, limit=rng.choice([7, 100]), **({"sort": sort} if sort else {}))
        got = who.pages(ORDERS, **asked)
        assert [o["id"] for o in got] == (expected[::-1] if sort == "oldest" else expected), (asked, merchant)
        assert who.get(ORDERS, query=dict(asked, limit=1)).json["total"] == len(expected), (asked, merchant)
        assert {r["id"] for r in rows_of(who.get("/orders.csv", query=question))} == set(expected), (question, merchant)
    assert found > 1000


def test_each_way_to_a_list_was_gone(book):
    """One question for each, in both directions, page by page."""
    admin, m = book.shop.admin(), book.merchants[0]
    for who, question in ((admin, {}), (admin, {"from": time_text(0)}), (admin, {"q": "SF5500"}), (m, {}), (admin, {"settling": "true"}),
                          (admin, {"merchantId": m.merchant, "status": 3})):
        expected = book.answer(question, who.merchant)
        assert len(expected) > 15
        assert [o["id"] for o in who.pages(ORDERS, limit=10, **question)] == expected
        assert [o["id"] for o in who.pages(ORDERS, limit=10, sort="oldest", **question)] == expected[::-1]


def test_orders_stay_their_merchants_when_the_product_becomes_anothers(shop):
    admin, before, after = shop.admin(), shop.merchant(), shop.merchant()
    p = shop.product(merchant_id=before.merchant)
    old = shop.user().bought(p)
    assert admin.put(f"/products/{p}", {"merchantId": after.merchant}).status == 200
    new = shop.user().bought(p)
    for who, order in ((before, old), (after, new)):
        a = who.get(ORDERS).json
        assert (a["total"], [o["id"] for o in a["items"]]) == (1, [order])
        assert [r["id"] for r in rows_of(who.get("/orders.csv"))] == [order]
        assert [o["id"] for o in admin.get(ORDERS, query={"merchantId": who.merchant}).json["items"]] == [order]


def test_wildcards_find_themselves_alone(book):
    admin = book.shop.admin()
    assert admin.get(ORDERS, query={"q": "%%%%%%"}).json["total"] == 0
    assert admin.get(ORDERS, query={"q": "2611__"}).json["total"] == 0
    assert admin.get(ORDERS, query={"q": "SF55003_"}).json["total"] > 0
    assert admin.get(ORDERS, query={"q": "SF550033"}).json["total"] == 0


def test_lists_are_masked(book):
    for who in (book.shop.admin(), book.merchants[0]):
        items = who.get(ORDERS).json["items"]
        assert items and {o["deliveryInfo"]["receiverPhone"] for o in items} == {"138****8000"}
        assert {r["receiverPhone"] for r in rows_of(who.get("/orders.csv"))} == {"138****8000"}
    assert {r["receiverPhone"] for r in rows_of(book.shop.admin().get("/orders.csv?full=true"))} == {"13800138000"}


def test_a_file_in_full_is_noted(book):
    admin, m = book.shop.admin(), book.merchants[1]
    rows_of(m.get("/orders.csv"))
    assert m.audit(m.merchant) == []
    rows_of(m.get("/orders.csv?full=true"))
    assert m.audit(m.merchant) == [("order.export", None, None)]
    rows_of(admin.get("/orders.csv?full=1"))
    assert admin.audit("") == [("order.export", None, None)]


def test_what_a_list_refuses(book):
    admin = book.shop.admin()
    a = admin.get(ORDERS, query={"status": 7, "merchantId": "x", "userId": "x", "productId": "x", "q": "26112", "from": "2026-02-30T00:00:00Z",
                                 "to": "now", "needsReview": "maybe", "settling": "no", "sort": "random", "limit": 101})
    assert a.status == 400 and a.fields() == {"status", "merchantId", "userId", "productId", "q", "from", "to", "needsReview",
                                              "settling", "sort", "limit"}
    a = admin.get(ORDERS, query={"cursor": "x"})
    assert (a.status, a.code) == (400, "invalid_cursor")
    cursor = admin.get(ORDERS, query={"limit": 1}).json["nextCursor"]
    assert admin.get(ORDERS, query={"limit": 5, "cursor": cursor}).status == 200
    assert admin.get(ORDERS, query={"status": 3, "cursor": cursor}).code == "invalid_cursor"


def test_whom_the_lists_are_for(shop):
    u, order = shop.user(), new_id()
    for path in (ORDERS, "/orders.csv", f"{ORDERS}/{order}"):
        assert shop.http.get("/api/admin" + path).status == 401
        assert shop.http.get("/api/admin" + path, u.token).status == 403
        assert shop.http.get("/api/admin" + path, shop.token(new_id(), role="service", service="x")).status == 403
    assert shop.http.post("/api/admin" + SHIP).status == 401
    assert shop.http.post("/api/admin" + SHIP, token=u.token).status == 403
    assert shop.http.get("/api/admin" + SHIP, shop.admin().token).status == 405


# ---- one in full ----

def test_one_in_full_is_noted(shop):
    m, admin = shop.merchant(), shop.admin()
    u, p = shop.user(), shop.product(merchant_id=m.merchant)
    order = u.bought(p)
    for who in (m, admin):
        a = who.get(f"{ORDERS}/{order}")
        assert a.status == 200 and a.json["deliveryInfo"] == DELIVERY
        assert a.header("ETag") == f'"{a.json["version"]}"'
        assert who.audit(order) == [("order.view", None, None)]
    other = shop.merchant()
    assert other.get(f"{ORDERS}/{order}").status == 404
    assert other.audit(order) == []
    assert admin.get(f"{ORDERS}/{new_id()}").status == 404
    assert admin.get(f"{ORDERS}/x").status == 404


def test_the_etag_is_for_the_next_move(shop):
    m = shop.merchant()
    order = shop.user().bought(shop.product(merchant_id=m.merchant))
    etag = m.get(f"{ORDERS}/{order}").header("ETag")
    parcel = {"carrier": "示例速运", "trackingNo": "YS1"}
    stale = m.post(f"{ORDERS}/{order}/ship", parcel, headers={"If-Match": '"99"'})
    assert (stale.status, stale.code) == (412, "precondition_failed")
    for other in ("99", 'W/"1"', "x"):
        assert m.post(f"{ORDERS}/{order}/ship", parcel, headers={"If-Match": other}).status == 412
    a = m.post(f"{ORDERS}/{order}/ship", parcel, headers={"If-Match": etag})
    assert a.status == 200 and a.header("ETag") == m.get(f"{ORDERS}/{order}").header("ETag") != etag
    assert m.post(f"{ORDERS}/{order}/delivery", {"deliveryStatus": 3, "description": "x"}, headers={"If-Match": etag}).status == 412


# ---- shipping by a file ----

def test_a_file_ships_its_lines(shop):
    m, other = shop.merchant(), shop.merchant()
    p = shop.product(merchant_id=m.merchant, stock=20)
    u = shop.user()
    orders = [u.bought(p) for _ in range(4)]
    foreign = u.bought(shop.product(merchant_id=other.merchant))
    cancelled = u.bought(p)
    assert u.cancel(cancelled).status == 200
    n = [number(shop, o) for o in orders]
    lines = [f"{n[0]},示例速运,YS{n[0]}", f'{n[1]},"示例,速运",YS{n[1]}', "", f"{number(shop, foreign)},a,b", f"{number(shop, cancelled)},a,b",
             f"NONE,a,b", f"{n[2]},a,YS{n[2]}", f"{n[2]},a,other"]
    a = ship_file(m, sheet(lines))
    assert a.status == 200 and a.json["shipped"] == 3
    assert [(f["line"], f["orderNo"], f["code"]) for f in a.json["failed"]] == [
        (5, number(shop, foreign), "not_found"), (6, number(shop, cancelled), "invalid_state"), (7, "NONE", "not_found"),
        (9, n[2], "invalid_state")]
    assert all(f["message"] for f in a.json["failed"])
    for order, no in zip(orders[:3], n):
        o = u.order(order).json
        assert o["status"] == 2 and o["deliveryInfo"]["trackingNo"] == f"YS{no}"
        assert m.get(ORDERS, query={"q": f"YS{no}"}).json["items"][0]["id"] == order
    assert u.order(orders[1]).json["deliveryInfo"]["carrier"] == "示例,速运"
    assert u.order(orders[3]).json["status"] == u.order(foreign).json["status"] == 1
    # Sent again, what was shipped counts as shipped, and nothing happens twice.
    again = ship_file(m, sheet(lines), headers={"Accept-Language": "en"})
    assert again.json["shipped"] == 3 and [f["line"] for f in again.json["failed"]] == [5, 6, 7, 9]
    assert again.json["failed"][0]["message"] == "There is no such thing."
    assert [x[0] for x in m.audit(orders[0])] == ["order.ship"]
    shop.stack.verify()


def test_the_same_file_twice_at_once(shop):
    admin = shop.admin()
    u, p = shop.user(), shop.product(stock=30)
    n = [number(shop, u.bought(p)) for _ in range(20)]
    text = sheet([f"{no},a,T{no}" for no in n])
    reports = [a.json for a in together(2, lambda _: ship_file(admin, text))]
    assert [(r["shipped"], r["failed"]) for r in reports] == [(20, [])] * 2
    shipped = shop.stack.number("SELECT COUNT(*) FROM outbox WHERE event_type = 'mall.order.shipped' AND "
                                f"JSON_VALUE(payload, '$.userId') = '{u.id}'")
    assert shipped == 20


def test_a_bad_file_ships_nothing(shop):
    admin = shop.admin()
    order = shop.user().bought(shop.product())
    good = f"{number(shop, order)},a,b"
    a = ship_file(admin, sheet([good, f"{'9' * 33},,x", "a,b"]))
    assert a.status == 400 and a.fields() == {"line 3, orderNo", "line 3, carrier", "line 4"}
    a = ship_file(admin, sheet([good], "orderNo,carrier,tracking"))
    assert a.fields() == {"line 1, tracking", "line 1, trackingNo"}
    assert ship_file(admin, sheet([good, "红,a,b"])[1:].encode("gbk")).fields() == {"line 3"}
    assert ship_file(admin, "").fields() == {"line 1"}
    a = ship_file(admin, sheet([good] + ["x,y"] * 300))
    assert len(a.json["errors"]) == 100
    a = ship_file(admin, sheet(["x,y,z"] * 5001))
    assert a.status == 400 and a.fields() == {""}
    assert shop.stack.one(f"SELECT status FROM exchange_orders WHERE id = '{order}'") == "1"


def test_what_is_no_csv_or_too_much(shop):
    admin = shop.admin()
    a = shop.http.call("POST", "/api/admin" + SHIP, raw=sheet([]), token=admin.token, content_type="application/json")
    assert (a.status, a.code) == (415, "unsupported_media_type") and "text/csv" in a.json["detail"]
    assert shop.http.call("POST", "/api/admin" + SHIP, raw=sheet([]), token=admin.token, content_type="text/csvx").status == 415
    assert shop.http.call("POST", "/api/admin" + SHIP, raw=sheet([]), token=admin.token,
                          content_type="text/csv; charset=utf-8").json == {"shipped": 0, "failed": []}
    large = sheet(["x,y," + "z" * 1000] * 5000)
    assert 4 << 20 < len(large) < 5 << 20
    for _ in range(20):     # more than a socket holds, and an answer of more than one piece
        a = ship_file(admin, large)
        assert a.status == 400 and "line 2, trackingNo" in a.fields()
    a = ship_file(admin, large + "x" * (1 << 20))
    assert (a.status, a.code) == (413, "payload_too_large")
    shop.http.close()
