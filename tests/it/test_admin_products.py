# SPDX-License-Identifier: Apache-2.0
"""Products by operators: made, changed, deleted, listed; whose they are; who was faster."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import time

import pytest

from client import fastcgi, together
from shop import new_id
from stack import PATIENCE, wait_until

BIG = 2147483647


def draft(shop, **more):
    return dict({"name": "轻享保温杯", "categoryId": shop.shared_category(), "pointsPrice": 100}, **more)


def made(who, **more):
    a = who.post("/products", draft(who.shop, **more))
    assert a.status == 201, a
    return a.json


def changed(who, product, version=None, **body):
    return who.put(f"/products/{product}", body, headers={} if version is None else {"If-Match": f'"{version}"'})


FULL = {"description": "316 不锈钢内胆。\n\t轻。", "originalPrice": 59.9, "images": ["/files/a.png", "https://cdn.example/商.jpg"],
        "specifications": {"颜色": "雾白", "容量": 500}, "isHot": True, "isNew": True, "status": 0, "purchaseLimit": 2,
        "availableFrom": "2026-01-01T00:00:00Z", "availableUntil": "2027-01-01T08:00:00+08:00", "sortOrder": -5}


# ---- a new one ----

def test_a_product_is_made(shop):
    admin = shop.admin()
    a = admin.post("/products", draft(shop, stockQuantity=7, **FULL))
    assert a.status == 201 and a.header("ETag") == '"1"', a
    p = a.json
    for name, value in FULL.items():
        assert p[name] == ("2027-01-01T00:00:00Z" if name == "availableUntil" else value), name
    assert p["category"] == {"id": shop.shared_category(), "name": "测试类"} and p["merchant"] is None
    assert (p["stockQuantity"], p["reservedQuantity"], p["salesCount"], p["alertThreshold"], p["version"]) == (7, 0, 0, None, 1)
    assert admin.get(f"/products/{p['id']}").json == p
    records = admin.get(f"/inventory/{p['id']}/records").json["items"]
    assert [(r["seq"], r["type"], r["change"], r["stockAfter"], r["operatorId"]) for r in records] == [(1, 1, 7, 7, admin.id)]
    (action, before, after), = admin.audit(p["id"])
    assert (action, before) == ("product.create", None)
    assert after["name"] == "轻享保温杯" and after["stockQuantity"] == 7 and after["originalPrice"] == 59.9
    assert after["specifications"] == FULL["specifications"] and after["availableUntil"] == "2027-01-01T00:00:00Z"


def test_what_is_left_out(shop):
    p = made(shop.admin())
    want = {"description": "", "originalPrice": None, "images": [], "specifications": {}, "isHot": False, "isNew": False,
            "status": 1, "purchaseLimit": None, "availableFrom": None, "availableUntil": None, "sortOrder": 0,
            "stockQuantity": 0, "merchant": None}
    assert {name: p[name] for name in want} == want
    assert shop.http.get(f"/api/mall/products/{p['id']}").status == 200
    assert shop.admin().get(f"/inventory/{p['id']}/records").json["items"] == []


BAD = [
    ("name", ["", "x" * 201, 7, None, "a\nb"]),
    ("description", [7, "x" * 10001, "\u0007"]),
    ("categoryId", ["x", None, 7]),
    ("merchantId", ["x", 7]),
    ("pointsPrice", [0, -1, BIG + 1, 1.5, "1", None]),
    ("originalPrice", [-1, 1.234, 100000000, "1.50"]),
    ("images", ["x", ["javascript:alert(1)"], ["http://a/b"], [7], ["/x"] * 21, {}]),
    ("specifications", ["x", [], {"a": "x" * 20000}]),
    ("isHot", [1, "true", None]),
    ("isNew", [0]),
    ("status", [2, -1, None, True]),
    ("purchaseLimit", [0, BIG + 1, "1"]),
    ("availableFrom", ["2026-01-01", 7]),
    ("availableUntil", ["2026-02-30T00:00:00Z"]),
    ("sortOrder", [BIG + 1, None, 1.0]),
    ("stockQuantity", [-1, 1000000001, "7"]),
    ("salesCount", [1]),
]


def test_every_bad_field_is_named_at_once(shop):
    for i in range(max(len(values) for _, values in BAD)):
        admin = shop.admin()
        body = {name: values[i % len(values)] for name, values in BAD}
        a = admin.post("/products", body)
        assert (a.status, a.code) == (400, "invalid_request") and a.fields() == {name for name, _ in BAD}, (body, a)
        body.pop("stockQuantity")
        a = admin.put(f"/products/{shop.product()}", body)
        assert a.status == 400 and a.fields() == {name for name, _ in BAD} - {"stockQuantity"}, (body, a)
    assert shop.admin().post("/products", {}).fields() == {"name", "categoryId", "pointsPrice"}


def deep(levels):
    """Objects and arrays by turns, the outermost an object."""
    text = "".join('{"a":' if i % 2 == 0 else "[" for i in range(levels)) + "1"
    return json.loads(text + "".join("}" if i % 2 == 0 else "]" for i in reversed(range(levels))))


def test_specifications_have_a_depth(shop, user):
    admin = shop.merchant()
    p = made(admin, specifications=deep(8), stockQuantity=3)
    assert p["specifications"] == deep(8)
    order = user.bought(p["id"])
    assert user.order(order).json["product"]["specifications"] == deep(8)
    assert changed(admin, p["id"], specifications={}).status == changed(admin, p["id"], specifications=deep(8)).status == 200
    for levels in (9, 30, 31):
        for a in (admin.post("/products", draft(shop, specifications=deep(levels))),
                  changed(admin, p["id"], specifications=deep(levels))):
            assert (a.status, a.fields()) == (400, {"specifications"}), (levels, a)
    for levels in (8, 9, 31, 32, 33):
        a = send(admin, file_of([new_line(shop, specifications=json.dumps(deep(levels)))]))
        assert a.status == 200 if levels == 8 else (a.status, a.fields()) == (400, {"line 2, specifications"}), (levels, a)


def test_bad_in_view_of_the_shop(shop):
    admin = shop.admin()
    body = draft(shop, categoryId=new_id(), merchantId=new_id(), availableFrom="2026-01-02T00:00:00Z",
                 availableUntil="2026-01-01T00:00:00Z")
    want = {"categoryId", "merchantId", "availableUntil"}
    assert admin.post("/products", body).fields() == want
    assert admin.put(f"/products/{shop.product()}", body).fields() == want
    for when in ("1999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-08:00"):
        assert admin.post("/products", draft(shop, availableFrom=when)).fields() == {"availableFrom"}
    at = "2026-01-01T00:00:00.4Z"
    assert admin.post("/products", draft(shop, availableFrom=at, availableUntil=at)).fields() == {"availableUntil"}


def test_a_key_makes_one(shop):
    admin = shop.admin()
    body = draft(shop, name="只做一个" + new_id(), stockQuantity=3)
    first, again = (admin.post("/products", body, key="make-1") for _ in range(2))
    assert first.status == again.status == 201 and first.body == again.body
    assert again.header("Idempotency-Replayed") == "true"
    assert admin.get("/products", query={"q": body["name"]}).json["total"] == 1
    assert admin.post("/products", dict(body, pointsPrice=7), key="make-1").code == "idempotency_key_reused"


def test_a_key_in_use(shop):
    """Whoever holds the key is not waited for."""
    admin = shop.admin()
    with shop.stack.session() as s:
        s.run("START TRANSACTION; INSERT INTO idempotency_keys (caller, idem_key, created_at) VALUES "
              f"('admin:{admin.id}', 'busy', UTC_TIMESTAMP(3));")
        for path, body in (("/products", draft(shop)), ("/categories", {"name": "类"}),
                           (f"/inventory/{shop.product()}", {"change": 1, "description": "x"})):
            a = admin.post(path, body, key="busy")
            assert (a.status, a.code) == (409, "idempotency_in_progress")
        s.run("ROLLBACK;")


# ---- whose ----

def test_whose_it_is(shop, user):
    mine, other = shop.merchant("我的店"), shop.merchant()
    p = made(mine)
    assert p["merchant"] == {"id": mine.merchant, "name": "我的店"}
    assert made(mine, merchantId=mine.merchant)["merchant"]["id"] == mine.merchant
    for merchant in (other.merchant, None):
        assert mine.post("/products", draft(shop, merchantId=merchant)).fields() == {"merchantId"}
        assert changed(mine, p["id"], merchantId=merchant).fields() == {"merchantId"}
    nobodys = shop.product()
    for who, product in ((other, p["id"]), (mine, nobodys), (mine, new_id()), (mine, "x"), (shop.admin(), new_id())):
        for a in (who.get(f"/products/{product}"), changed(who, product, pointsPrice=1), who.delete(f"/products/{product}")):
            assert (a.status, a.code) == (404, "not_found")
    assert mine.get(f"/products/{p['id']}").status == changed(mine, p["id"], pointsPrice=7).status == 200
    # An admin gives it to another.
    assert changed(shop.admin(), p["id"], merchantId=other.merchant).json["merchant"]["id"] == other.merchant
    assert mine.get(f"/products/{p['id']}").status == 404 and other.delete(f"/products/{p['id']}").status == 204
    for method, path, body in (("GET", "/products", None), ("POST", "/products", {}), ("GET", f"/products/{nobodys}", None),
                               ("PUT", f"/products/{nobodys}", {}), ("DELETE", f"/products/{nobodys}", None)):
        assert shop.http.call(method, "/api/admin" + path, body).status == 401
        assert shop.http.call(method, "/api/admin" + path, body, user.token).status == 403
        if body is not None:
            a = shop.http.call(method, "/api/admin" + path, token=mine.token, raw=b"x", content_type="text/plain")
            assert a.status == (415 if method == "POST" else 404)
    a = shop.http.call("PUT", f"/api/admin/products/{nobodys}", token=shop.admin().token, raw=b"{}", content_type="text/plain")
    assert a.status == 415


# ---- changes ----

def test_what_is_absent_stays(shop):
    admin = shop.admin()
    p = made(admin, **FULL)
    a = changed(admin, p["id"], pointsPrice=90, purchaseLimit=None)
    assert a.status == 200 and a.header("ETag") == '"2"'
    got = dict(a.json, updatedAt=p["updatedAt"])
    assert got == dict(p, pointsPrice=90, purchaseLimit=None, version=2)
    action, before, after = admin.audit(p["id"])[-1]
    assert action == "product.update" and set(before) == set(after)
    assert {k for k in before if before[k] != after[k]} == {"pointsPrice", "purchaseLimit"}
    assert (before["pointsPrice"], after["pointsPrice"], before["purchaseLimit"]) == (100, 90, 2)


def test_null_takes_away(shop):
    admin = shop.admin()
    p = made(admin, **FULL)["id"]
    a = changed(admin, p, description=None, originalPrice=None, images=None, specifications=None, purchaseLimit=None,
                availableFrom=None, availableUntil=None).json
    assert (a["description"], a["originalPrice"], a["images"], a["specifications"]) == ("", None, [], {})
    assert (a["availableFrom"], a["availableUntil"]) == (None, None)


def test_what_changes_nothing(shop):
    admin = shop.admin()
    p = made(admin, **FULL)
    same = {k: p[k] for k in FULL}
    a = changed(admin, p["id"], 1, name=p["name"], **same)
    assert a.status == 200 and a.json == p and a.header("ETag") == '"1"'
    assert len(admin.audit(p["id"])) == 1


def test_who_was_faster(shop):
    admin = shop.admin()
    p = made(admin)["id"]
    assert changed(admin, p, 1, pointsPrice=2).header("ETag") == '"2"'
    for wrong in (1, 3):
        a = changed(admin, p, wrong, pointsPrice=3)
        assert (a.status, a.code) == (412, "precondition_failed")
        assert admin.delete(f"/products/{p}", headers={"If-Match": f'"{wrong}"'}).status == 412
    for odd in ('W/"2"', "2", '"x"', 'W/"2", "3"'):
        assert admin.put(f"/products/{p}", {"pointsPrice": 3}, headers={"If-Match": odd}).status == 412
    assert admin.get(f"/products/{p}").json["pointsPrice"] == 2
    for n, one in enumerate(('"3", "2"', "*"), 3):
        assert admin.put(f"/products/{p}", {"pointsPrice": n}, headers={"If-Match": one}).status == 200
    assert changed(admin, p, pointsPrice=5).json["version"] == 5
    assert admin.delete(f"/products/{p}", headers={"If-Match": '"5"'}).status == 204


def test_the_stock_leaves_the_version_alone(shop, user):
    admin = shop.admin()
    p = made(admin, stockQuantity=5)["id"]
    user.bought(p)
    assert changed(admin, p, 1, name="新名字").json["stockQuantity"] == 4


def test_at_once_with_a_version_one_wins(shop):
    p = made(shop.admin())["id"]
    who = [shop.admin() for _ in range(8)]
    answers = together(8, lambda i: changed(who[i], p, 1, pointsPrice=200 + i))
    assert sorted(a.status for a in answers) == [200] + [412] * 7
    won = next(a.json["pointsPrice"] for a in answers if a.status == 200)
    assert shop.admin().get(f"/products/{p}").json["pointsPrice"] == won


def test_at_once_without_a_version_nothing_is_lost(shop):
    """Each changes a member of its own; the log is a chain."""
    p = made(shop.admin())["id"]
    bodies = [{"pointsPrice": 7}, {"name": "甲"}, {"isHot": True}, {"sortOrder": 9}]
    who = [shop.admin() for _ in bodies]
    answers = together(4, lambda i: changed(who[i], p, **bodies[i]))
    assert {a.status for a in answers} <= {200, 503}
    got = shop.admin().get(f"/products/{p}").json
    assert all(got[k] == v for b, a in zip(bodies, answers) if a.status == 200 for k, v in b.items())
    rows = shop.stack.sql(f"SELECT before_state, after_state FROM audit_log WHERE subject_id = '{p}' ORDER BY created_at, id")
    states = [(json.loads(b) if b else None, json.loads(c)) for b, c in rows]
    for _, after in states:
        after.pop("stockQuantity", None)
    assert len(states) == got["version"]
    befores = [b for b, _ in states[1:]]
    assert all(b in [a for _, a in states] for b in befores) and len({json.dumps(b) for b in befores}) == len(befores)


def test_public_reads_follow_within_two_seconds(shop):
    admin = shop.admin()
    p = made(admin)["id"]
    path = f"/api/mall/products/{p}"
    assert shop.http.get(path).json["pointsPrice"] == 100

    def seen(ask):
        t = time.monotonic()
        wait_until(ask, 5, "the change")
        return time.monotonic() - t
    changed(admin, p, pointsPrice=77)
    assert seen(lambda: shop.http.get(path).json["pointsPrice"] == 77) < 4
    changed(admin, p, status=0)
    seen(lambda: shop.http.get(path).status == 404)
    changed(admin, p, status=1)
    seen(lambda: shop.http.get(path).status == 200)
    assert admin.delete(f"/products/{p}").status == 204
    seen(lambda: shop.http.get(path).status == 404)


@pytest.fixture(scope="module")
def other_host(shop):
    """A second `serve` with the same database and memcached, as another host would have; asks its workers for a path."""
    run = os.path.dirname(shop.stack.setting("pool read", "listen"))
    read = os.path.join(run, "other-read.sock")
    conf = shop.stack.conf_with({("pool read", "listen"): read, ("pool read", "workers"): 2,
                                 ("pool write", "listen"): os.path.join(run, "other-write.sock"), ("pool write", "workers"): 1,
                                 ("pool bulk", "listen"): os.path.join(run, "other-bulk.sock"), ("pool bulk", "workers"): 1,
                                 ("process", "pid_file"): os.path.join(run, "other.pid")}, "other-host.conf")
    with open(os.path.join(shop.stack.base, "other-host.log"), "w", encoding="utf-8") as log:
        p = subprocess.Popen([shop.stack.env["PROGRAM"], "-c", conf, "serve"], stdout=log, stderr=log,
                             stdin=subprocess.DEVNULL)
        try:
            wait_until(lambda: os.path.exists(read), 10, "its socket")
            yield lambda path: fastcgi(read, path).decode(errors="replace")
        finally:
            p.send_signal(signal.SIGTERM)
            p.wait(timeout=40 * PATIENCE)


def test_another_hosts_copies_end_with_their_second(shop, other_host):
    """A worker's answer was read in the second it is given in, wherever the copy lies; nginx keeps it for one more."""
    admin = shop.admin()
    p = made(admin)["id"]
    path = f"/api/mall/products/{p}"
    # Memcached has it by either host, and the other host's workers too.
    shop.http.get(path)
    for _ in range(4):
        assert '"pointsPrice":100,' in other_host(path)
    changed(admin, p, pointsPrice=77)
    committed = int(time.time())
    while True:
        asked = int(time.time())
        a = other_host(path)
        read = int(re.search(r"X-Accel-Expires: @(\d+)", a).group(1))
        assert asked <= read <= time.time()
        if '"pointsPrice":77,' in a:
            break
        assert read <= committed, "an old price that was read after the new one was there"


def test_an_exchange_is_at_the_price_of_its_moment(shop, user):
    admin = shop.admin()
    p = made(admin, stockQuantity=5)["id"]
    changed(admin, p, pointsPrice=40)
    a = user.exchange(p, pointsCost=100)
    assert (a.status, a.code, a.json["pointsCost"]) == (409, "price_changed", 40)
    assert user.exchange(p, pointsCost=40).status == 201
    changed(admin, p, status=0)
    assert user.exchange(p).code == "product_unavailable"


# ---- its end ----

def test_a_product_is_deleted(shop, user):
    admin = shop.admin()
    p = made(admin, name="要删的" + new_id(), stockQuantity=5)
    order = user.bought(p["id"])
    a = admin.delete(f"/products/{p['id']}")
    assert a.status == 204 and a.body == b""
    assert admin.get(f"/products/{p['id']}").status == changed(admin, p["id"], isHot=True).status == 404
    assert admin.delete(f"/products/{p['id']}").status == 404
    assert admin.get("/products", query={"q": p["name"]}).json["total"] == 0
    gone = admin.get("/products", query={"q": p["name"], "deleted": "true"}).json
    assert gone["total"] == 1 and gone["items"][0]["deletedAt"] is not None
    assert user.order(order).json["product"]["name"] == p["name"]
    assert user.exchange(p["id"]).code == "product_unavailable"
    assert user.cancel(order).status == 200
    action, before, after = admin.audit(p["id"])[-1]
    assert (action, before["name"], after) == ("product.delete", p["name"], None)


# ---- lists ----

@pytest.fixture(scope="module")
def shelf(shop):
    """A merchant with 9 products that differ in everything that can be sorted or filtered by."""
    who = shop.merchant()
    who.leaf = shop.category(parent=shop.shared_category(), level=2)
    who.made = shop.products(9, stock=lambda k: 3 + k * 5 % 9, price=lambda k: 100 + k * 7 % 9, merchant_id=who.merchant,
                             name=lambda k: ("Mug %d%%" if k % 2 else "杯子_%d") % k, status=lambda k: int(k % 3 > 0),
                             category_id=lambda k: who.leaf if k < 4 else shop.shared_category(),
                             sort_order=lambda k: 500 - k // 2, sales_count=lambda k: k // 3,
                             deleted_at=lambda k: "2026-01-01 00:00:00" if k == 8 else None)
    yield who
    shop.stack.sql(f"UPDATE products SET sales_count = 0 WHERE merchant_id = '{who.merchant}'")


def ids(items):
    return [i["id"] for i in items]


def test_the_list(shop, shelf):
    live = shelf.made[:8]
    a = shelf.get("/products").json
    assert ids(a["items"]) == sorted(live, reverse=True) and (a["total"], a["nextCursor"]) == (8, None)
    assert {i["merchant"]["id"] for i in a["items"]} == {shelf.merchant}
    admin = shop.admin()
    assert ids(admin.get("/products", query={"merchantId": shelf.merchant}).json["items"]) == ids(a["items"])
    assert shelf.get("/products", query={"merchantId": new_id()}).json["items"] == []
    one = shelf.get(f"/products/{live[0]}")
    assert one.json == next(i for i in a["items"] if i["id"] == live[0]) and one.header("ETag") == '"1"'


@pytest.mark.parametrize("sort, key, down", [
    ("newest", lambda i: i["id"], True), ("default", lambda i: (i["sortOrder"], i["id"]), False),
    ("points_asc", lambda i: (i["pointsPrice"], i["id"]), False), ("points_desc", lambda i: (i["pointsPrice"], i["id"]), True),
    ("sales", lambda i: (i["salesCount"], i["id"]), True), ("stock", lambda i: (i["stockQuantity"], i["id"]), False)])
def test_sorting_and_paging(shelf, sort, key, down):
    whole = shelf.get("/products", query={"sort": sort}).json["items"]
    assert whole == sorted(whole, key=key, reverse=down) and len(whole) == 8
    assert shelf.pages("/products", sort=sort, limit=3) == whole


def test_filters(shop, shelf):
    def found(**query):
        a = shelf.another().get("/products", query=query).json
        assert a["total"] == len(a["items"])
        return {shelf.made.index(i) for i in ids(a["items"])}
    assert found(status=0) == {0, 3, 6} and found(status=1) == {1, 2, 4, 5, 7}
    assert found(deleted="true") == {8} and found(deleted="false") == set(range(8))
    assert found(categoryId=shelf.leaf) == {0, 1, 2, 3}
    assert found(categoryId=shop.shared_category()) == set(range(8))
    assert found(q="mug") == found(q="MUG") == {1, 3, 5, 7} and found(q="3%") == {3} and found(q="子_") == {0, 2, 4, 6}
    assert found(q="%") == {1, 3, 5, 7} and found(q="没有") == set()
    assert found(q="mug", status=1, categoryId=shelf.leaf) == {1}
    for wrong in ({"status": "2"}, {"deleted": "x"}, {"categoryId": "x"}, {"merchantId": "x"}, {"sort": "x"}, {"q": ""},
                  {"q": "x" * 101}, {"limit": "101"}):
        assert shelf.another().get("/products", query=wrong).fields() == set(wrong)
    assert shelf.get("/products", query={"cursor": "x"}).code == "invalid_cursor"


# ---- files ----

CSV = "/products.csv"
COLUMNS = ["id", "name", "description", "categoryId", "merchantId", "pointsPrice", "originalPrice", "images", "specifications",
           "isHot", "isNew", "status", "purchaseLimit", "availableFrom", "availableUntil", "sortOrder"]


def file_of(lines, columns=None):
    out = io.StringIO(newline="")
    w = csv.DictWriter(out, columns or COLUMNS, restval="", extrasaction="ignore")
    w.writeheader()
    w.writerows(lines)
    return ("\ufeff" + out.getvalue()).encode()


def send(who, body, **more):
    return who.shop.http.call("POST", "/api/admin" + CSV, token=who.token, raw=body, content_type="text/csv", **more)


def export(who, **query):
    a = who.get(CSV, query=query)
    assert a.status == 200, a
    return list(csv.DictReader(io.StringIO(a.body.decode("utf-8-sig"), newline="")))


def new_line(shop, **more):
    return dict({"name": "杯", "categoryId": shop.shared_category(), "pointsPrice": 5, "isHot": "false", "isNew": "TRUE",
                 "status": 1, "sortOrder": 0}, **more)


def test_a_file_out(shop):
    who = shop.merchant("=店")
    p = made(who, name="=1+1", stockQuantity=4, **dict(FULL, description="一\n\"二\""))
    made(who, name="另一个")
    lines = export(who)
    assert len(lines) == 2
    got = next(line for line in lines if line["id"] == p["id"])
    assert got["name"] == "'=1+1" and got["description"] == "一\n\"二\"" and got["originalPrice"] == "59.90"
    assert json.loads(got["images"]) == FULL["images"] and json.loads(got["specifications"]) == FULL["specifications"]
    assert (got["version"], got["available"], got["isHot"]) == ("1", "4", "true")
    assert (got["merchantId"], got["merchant"]) == (who.merchant, "'=店")
    assert [line["name"] for line in export(who, q="另")] == ["另一个"]
    assert len(export(shop.admin(), merchantId=who.merchant, status=0)) == 1
    assert who.get(CSV, query={"status": "2"}).fields() == {"status"}
    assert shop.merchant().get(CSV).body.count(b"\r\n") == 1


def test_a_file_comes_back_as_it_went(shop):
    who = shop.merchant()
    for i in range(20):
        made(who, name=["=x", "杯,\"子\"", " 空 ", "'撇"][i % 4], **(FULL if i % 2 else {}))
    before = who.get("/products", query={"limit": 100}).json["items"]
    lines = export(who)
    a = send(who, file_of(lines, list(lines[0])))
    assert a.status == 200 and a.json == {"created": 0, "updated": 0, "unchanged": 20}, a
    assert who.get("/products", query={"limit": 100}).json["items"] == before


def test_a_file_makes_and_changes(shop):
    who = shop.merchant()
    p = made(who, **FULL)
    kept = made(who)
    lines = {line["id"]: line for line in export(who)}
    lines[p["id"]].update(name="改了", purchaseLimit="", originalPrice="7.5", isHot="FALSE", specifications='{"a":[1]}')
    other = shop.category()
    fresh = [new_line(shop, stockQuantity=n, name=f"新{n}", categoryId=other) for n in range(30)]
    a = send(who, file_of([*lines.values(), *fresh], [*COLUMNS, "version", "stockQuantity"]))
    assert a.status == 200 and a.json == {"created": 30, "updated": 1, "unchanged": 1}, a
    got = who.get(f"/products/{p['id']}").json
    assert (got["name"], got["purchaseLimit"], got["originalPrice"], got["isHot"], got["specifications"], got["version"]) == (
        "改了", None, 7.5, False, {"a": [1]}, 2)
    assert got["images"] == FULL["images"] and got["stockQuantity"] == 0
    assert who.get(f"/products/{kept['id']}").json == kept
    there = {i["name"]: i for i in who.get("/products", query={"categoryId": other, "limit": 100}).json["items"]}
    assert {i["stockQuantity"] for i in there.values()} == set(range(30)) and len(there) == 30
    assert {i["merchant"]["id"] for i in there.values()} == {who.merchant}
    assert shop.stack.number("SELECT COUNT(*) FROM inventory_records r JOIN products p ON p.id = r.product_id AND "
                             f"p.category_id = '{other}' WHERE r.seq = 1 AND r.operator_id = '{who.id}'") == 29
    assert [x[0] for x in who.audit(p["id"])] == ["product.create", "product.update"]
    assert who.audit(there["新7"]["id"])[0][2]["stockQuantity"] == 7


def test_all_or_nothing_and_each_bad_line_named(shop):
    who, other = shop.merchant(), shop.merchant()
    mine, theirs = made(who), made(other)
    count = shop.stack.number("SELECT COUNT(*) FROM products")
    lines = [new_line(shop),                                                        # 2: fine
             new_line(shop, name="", pointsPrice=0, isHot="maybe", images="x"),     # 3
             new_line(shop, categoryId=new_id()),                                   # 4
             new_line(shop, id=theirs["id"]), new_line(shop, id=new_id()),          # 5, 6
             new_line(shop, id=mine["id"], stockQuantity=3, version=9),             # 7
             new_line(shop, id=mine["id"]),                                         # 8
             new_line(shop, merchantId=other.merchant)]                             # 9
    more = [*COLUMNS, "version", "stockQuantity"]
    a = send(who, file_of(lines, more))
    assert a.status == 400 and a.fields() == {f"line 3, {c}" for c in ("name", "pointsPrice", "isHot", "images")}, a
    lines[1] = new_line(shop, availableFrom="2026-01-02T00:00:00Z", availableUntil="2026-01-02T00:00:00Z")
    a = send(who, file_of(lines, more))
    assert a.status == 400 and a.fields() == {
        "line 3, availableUntil", "line 4, categoryId", "line 5, id", "line 6, id", "line 7, stockQuantity", "line 7, version",
        "line 8, id", "line 9, merchantId"}, a
    assert shop.stack.number("SELECT COUNT(*) FROM products") == count and who.get(f"/products/{mine['id']}").json == mine
    for columns, fields in ((["id", "name"], {f"line 1, {c}" for c in COLUMNS[2:]}), ([*COLUMNS, "stock"], {"line 1, stock"})):
        assert send(who, file_of([], columns)).fields() == fields
    assert send(who, file_of([new_line(shop)] * 1001)).fields() == {""}
    assert send(who, file_of([new_line(shop, stockQuantity=1000000001)], more)).fields() == {"line 2, stockQuantity"}
    whole = file_of([new_line(shop)])
    assert send(who, whole + b"a,b\r\n").fields() == {"line 3"}
    assert send(who, whole.replace(b"\r\n", b",\r\n")).fields() == {f"line 1, column {len(COLUMNS) + 1}"}
    assert send(who, b"").status == 400


def test_a_file_by_its_key(shop):
    who = shop.merchant()
    body = file_of([new_line(shop)])
    first, again = (send(who, body, key="file-1") for _ in range(2))
    assert first.status == again.status == 200 and first.body == again.body
    assert again.header("Idempotency-Replayed") == "true" and who.get("/products").json["total"] == 1
    assert send(who, body + b"\r\n", key="file-1").code == "idempotency_key_reused"
    with shop.stack.session() as s:
        s.run("START TRANSACTION; INSERT INTO idempotency_keys (caller, idem_key, created_at) VALUES "
              f"('merchant:{who.id}', 'busy', UTC_TIMESTAMP(3));")
        assert send(who, body, key="busy").code == "idempotency_in_progress"
        s.run("ROLLBACK;")


def test_whose_files(shop, user):
    for method in ("GET", "POST"):
        assert shop.http.call(method, "/api/admin" + CSV).status == 401
        assert shop.http.call(method, "/api/admin" + CSV, token=user.token).status == 403
    a = shop.http.call("POST", "/api/admin" + CSV, token=shop.admin().token, raw=b"{}", content_type="application/json")
    assert a.status == 415


def test_two_files_at_once(shop):
    """The same products in another order: neither waits for the other for ever, and both are whole."""
    who = shop.merchant()
    for i in range(12):
        made(who.another(), name=f"件{i:02}")
    lines = [{k: line[k] for k in COLUMNS} for line in export(who)]

    def work(i):
        mine = [dict(line, pointsPrice=1000 + i, categoryId=shop.shared_category()) for line in lines]
        return send(who.another(), file_of(mine if i % 2 else mine[::-1]))
    answers = together(4, work)
    assert {a.status for a in answers} <= {200, 503} and any(a.status == 200 for a in answers)
    assert len({i["pointsPrice"] for i in who.get("/products").json["items"]}) == 1
