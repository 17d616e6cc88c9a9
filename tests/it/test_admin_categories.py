# SPDX-License-Identifier: Apache-2.0
"""The tree of categories by operators: three levels, no cycle, nothing deleted that is in use."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from shop import new_id
from stack import wait_until, waiters

BIG = 2147483647


def made(who, **body):
    a = who.post("/categories", dict({"name": "测试类", "sortOrder": 900}, **body))
    assert a.status == 201, a
    return a.json["id"]


def changed(who, category, version=None, **body):
    return who.put(f"/categories/{category}", body, headers={} if version is None else {"If-Match": f'"{version}"'})


def chain(who, n=3):
    """Categories one below the other."""
    made_so_far = []
    for _ in range(n):
        made_so_far.append(made(who, parentId=made_so_far[-1] if made_so_far else None))
    return made_so_far


def rows(shop, *categories):
    """{id: (parent, level, version)}"""
    found = shop.stack.sql("SELECT id, parent_id, level, version FROM product_categories WHERE id IN ('" +
                           "','".join(categories) + "')")
    return {i: (parent, int(level), int(version)) for i, parent, level, version in found}


def nodes(items):
    for i in items:
        yield i
        yield from nodes(i["children"])


# ---- making and changing ----

def test_a_category_is_made(shop):
    admin = shop.admin()
    top = made(admin)
    a = admin.post("/categories", {"name": "水具", "description": "杯\n壶", "icon": "/files/c.svg", "parentId": top,
                                   "sortOrder": -3, "status": 0})
    assert a.status == 201 and a.header("ETag") == '"1"'
    c = a.json
    assert (c["name"], c["description"], c["icon"], c["parentId"], c["level"], c["sortOrder"], c["status"], c["version"]) == (
        "水具", "杯\n壶", "/files/c.svg", top, 2, -3, 0, 1)
    assert admin.audit(c["id"]) == [("category.create", None, {
        "name": "水具", "description": "杯\n壶", "icon": "/files/c.svg", "parentId": top, "sortOrder": -3, "status": 0})]
    plain = next(n for n in nodes(admin.get("/categories").json["items"]) if n["id"] == top)
    assert (plain["description"], plain["icon"], plain["parentId"], plain["level"], plain["status"]) == (None, None, None, 1, 1)
    assert [n["id"] for n in plain["children"]] == [c["id"]]


def test_the_whole_tree(shop):
    admin = shop.admin()
    a, b, c = chain(admin)
    hidden = made(admin, parentId=a, status=0, sortOrder=1)
    t = admin.get("/categories").json
    found = {n["id"]: n for n in nodes(t["items"])}
    assert t["total"] == len(found) == shop.stack.number("SELECT COUNT(*) FROM product_categories") and t["nextCursor"] is None
    assert [n["id"] for n in found[a]["children"]] == [hidden, b] and [n["id"] for n in found[b]["children"]] == [c]
    assert found[c]["level"] == 3 and found[c]["children"] == []


BAD = [
    ("name", ["", "x" * 101, 7, None]),
    ("description", [7, "x" * 2001]),
    ("icon", ["x", "javascript:x", "//x/y", 7, "", "/" + "x" * 500]),
    ("parentId", ["x", 7]),
    ("sortOrder", [BIG + 1, "1", None]),
    ("status", [2, True, None]),
    ("level", [1]),
]


def test_every_bad_field_is_named_at_once(shop):
    admin, c = shop.admin(), shop.category()
    for i in range(max(len(values) for _, values in BAD)):
        body = {name: values[i % len(values)] for name, values in BAD}
        for a in (admin.post("/categories", body), changed(admin, c, **body)):
            assert a.status == 400 and a.fields() == {name for name, _ in BAD}, a
    assert admin.post("/categories", {}).fields() == {"name"}


def test_three_levels(shop):
    admin = shop.admin()
    *_, third = chain(admin)
    assert admin.post("/categories", {"name": "四", "parentId": third}).fields() == {"parentId"}
    assert admin.post("/categories", {"name": "孤", "parentId": new_id()}).fields() == {"parentId"}
    # A subtree of two does not fit below the second level.
    pair, other = chain(admin, 2), chain(admin, 2)
    assert changed(admin, pair[0], parentId=other[1]).fields() == {"parentId"}
    assert changed(admin, pair[0], parentId=other[0]).status == 200
    assert {i: r[1] for i, r in rows(shop, *pair).items()} == {pair[0]: 2, pair[1]: 3}


def test_no_cycle(shop):
    admin = shop.admin()
    a, b, c = chain(admin)
    for parent in (a, b, c):
        assert changed(admin, a, parentId=parent).fields() == {"parentId"}
    assert rows(shop, a, b, c) == {a: (None, 1, 1), b: (a, 2, 1), c: (b, 3, 1)}


def test_a_subtree_moves_whole(shop):
    admin = shop.admin()
    a, b, c = chain(admin)
    d = made(admin, parentId=b)
    e = changed(admin, b, parentId=None)
    assert e.status == 200 and e.header("ETag") == '"2"' and (e.json["level"], e.json["parentId"]) == (1, None)
    assert rows(shop, a, b, c, d) == {a: (None, 1, 1), b: (None, 1, 2), c: (b, 2, 2), d: (b, 2, 2)}
    assert changed(admin, a, parentId=c).status == 200
    assert rows(shop, a, b, c, d) == {a: (c, 3, 2), b: (None, 1, 2), c: (b, 2, 2), d: (b, 2, 2)}
    # Three levels go nowhere else.
    top = made(admin)
    assert changed(admin, b, parentId=top).fields() == {"parentId"}
    action, before, after = admin.audit(b)[-1]
    assert (action, before["parentId"], after["parentId"]) == ("category.update", a, None)


def test_what_is_absent_stays(shop):
    admin = shop.admin()
    c = made(admin, description="好", icon="/x", status=0)
    a = changed(admin, c, name="新")
    assert (a.json["name"], a.json["description"], a.json["icon"], a.json["status"], a.json["version"]) == ("新", "好", "/x", 0, 2)
    a = changed(admin, c, description=None, icon=None)
    assert (a.json["description"], a.json["icon"], a.json["version"]) == (None, None, 3)
    assert changed(admin, c, name="新").json["version"] == 3 and len(admin.audit(c)) == 3


def test_who_was_faster(shop):
    admin = shop.admin()
    c = made(admin)
    assert changed(admin, c, 1, name="甲").header("ETag") == '"2"'
    for wrong in (1, 3):
        assert changed(admin, c, wrong, name="乙").code == "precondition_failed"
        assert admin.delete(f"/categories/{c}", headers={"If-Match": f'"{wrong}"'}).status == 412
    assert changed(admin, c, name="丙").json["version"] == 3
    assert admin.delete(f"/categories/{c}", headers={"If-Match": '"3"'}).status == 204


def test_public_reads_follow(shop):
    admin = shop.admin()
    a, b, _ = chain(admin)

    def shown():
        return {n["id"] for n in nodes(shop.http.get("/api/mall/categories").json["items"])}
    wait_until(lambda: {a, b} <= shown(), 5, "the new ones")
    changed(admin, b, status=0)
    wait_until(lambda: a in shown() and b not in shown(), 5, "the switched off one")


# ---- deleting ----

def test_one_in_use_stays(shop):
    admin = shop.admin()
    a, b, c = chain(admin)
    p = shop.product(category_id=c)
    for category in (a, b, c):
        e = admin.delete(f"/categories/{category}")
        assert (e.status, e.code) == (409, "conflict")
    assert "商品" in e.json["detail"] and "子分类" in admin.delete(f"/categories/{a}").json["detail"]
    assert admin.delete(f"/products/{p}").status == 204
    for category in (c, b, a):
        assert admin.delete(f"/categories/{category}").status == 204
        assert admin.delete(f"/categories/{category}").status == 404
    assert rows(shop, a, b, c) == {}
    assert [x[0] for x in admin.audit(c)] == ["category.create", "category.delete"] and admin.audit(c)[1][2] is None
    # The deleted product's category is no more.
    gone = next(i for i in admin.pages("/products", deleted="true", limit=100) if i["id"] == p)
    assert gone["category"] == {"id": c, "name": None}


def test_there_is_a_top(shop):
    admin = shop.admin()
    n = 2000 - shop.stack.number("SELECT COUNT(*) FROM product_categories")
    shop.stack.sql("INSERT INTO product_categories (id, name, status) VALUES " +
                   ",".join(f"('fill-{i}', '满', 0)" for i in range(n)))
    try:
        a = admin.post("/categories", {"name": "多"})
        assert (a.status, a.code) == (409, "conflict")
    finally:
        shop.stack.sql("DELETE FROM product_categories WHERE id LIKE 'fill-%'")


# ---- whose ----

def test_for_admins_alone(shop, user):
    c = shop.category()
    merchant, admin = shop.merchant(), shop.admin()
    for method, path, body in (("GET", "/categories", None), ("POST", "/categories", {"name": "x"}),
                               ("PUT", f"/categories/{c}", {"name": "x"}), ("DELETE", f"/categories/{c}", None)):
        assert shop.http.call(method, "/api/admin" + path, body).status == 401
        for token in (user.token, merchant.token):
            a = shop.http.call(method, "/api/admin" + path, body, token)
            assert (a.status, a.code) == (403, "forbidden")
        if body is not None:
            a = shop.http.call(method, "/api/admin" + path, token=admin.token, raw=b"x", content_type="text/plain")
            assert a.status == 415
    for unknown in (new_id(), "x"):
        assert changed(admin, unknown, name="x").status == admin.delete(f"/categories/{unknown}").status == 404


def test_a_key_makes_one(shop):
    admin = shop.admin()
    body = {"name": "一个" + new_id()}
    first, again = (admin.post("/categories", body, key="cat-1") for _ in range(2))
    assert first.status == again.status == 201 and first.body == again.body
    assert shop.stack.number(f"SELECT COUNT(*) FROM product_categories WHERE name = '{body['name']}'") == 1
    assert admin.post("/categories", {"name": "另"}, key="cat-1").code == "idempotency_key_reused"


# ---- two at once ----

def test_two_moves_make_no_cycle(shop):
    admin = shop.admin()
    a, b = made(admin), made(admin)
    with shop.stack.session() as s, ThreadPoolExecutor(2) as pool:
        s.run("START TRANSACTION; SELECT id FROM category_tree FOR UPDATE;")
        moves = [pool.submit(changed, shop.admin(), a, parentId=b), pool.submit(changed, shop.admin(), b, parentId=a)]
        wait_until(lambda: len(waiters(shop.stack, "UPDATE category_tree")) == 2, 10, "both")
        s.run("ROLLBACK;")
        assert sorted(m.result(20).status for m in moves) == [200, 400]
    assert sorted(level for _, level, _ in rows(shop, a, b).values()) == [1, 2]


@pytest.mark.parametrize("deleted_first", [False, True])
def test_put_into_what_is_being_deleted(shop, deleted_first):
    """Whoever is first at the category's row makes the other's wish impossible."""
    admin, c = shop.admin(), shop.category()
    moved = shop.product()

    def put_into():
        return shop.admin().put(f"/products/{moved}", {"categoryId": c})

    def delete():
        return admin.delete(f"/categories/{c}")
    with shop.stack.session() as s, ThreadPoolExecutor(2) as pool:
        s.run(f"START TRANSACTION; SELECT id FROM product_categories WHERE id = '{c}' FOR UPDATE;")
        answers = []
        for n, call in enumerate((delete, put_into) if deleted_first else (put_into, delete), 1):
            answers.append(pool.submit(call))
            wait_until(lambda n=n: len(waiters(shop.stack, "SET uses = uses + 1")) == n, 10, "it")
        s.run("ROLLBACK;")
        first, second = (a.result(20) for a in answers)
    if deleted_first:
        assert first.status == 204 and second.fields() == {"categoryId"}
    else:
        assert first.status == 200 and second.code == "conflict"
    assert shop.stack.number(f"SELECT COUNT(*) FROM products p WHERE p.id = '{moved}' AND p.category_id = '{c}'") == (
        0 if deleted_first else 1) == len(rows(shop, c))


def test_a_big_tree_takes_the_memory_of_its_rows(shop):
    """Not of their square: each node once had room for the whole tree."""
    admin, n = shop.admin(), 1900
    ids = [f"{k:08x}-0000-7000-a000-0000000b1600" for k in range(n)]
    text = ", ".join(f"('{ids[k]}', '大树', {'NULL' if k < 10 else repr(ids[k % 10])}, {1 if k < 10 else 2}, 901, 0)"
                     for k in range(n))
    shop.stack.sql(f"INSERT INTO product_categories (id, name, parent_id, level, sort_order, status) VALUES {text}")
    try:
        a = admin.get("/categories")
        assert a.status == 200 and sum(1 for c in nodes(a.json["items"]) if c["name"] == "大树") == n
        assert max(peak_kb(pid) for pid in shop.stack.workers()) < 64 * 1024
    finally:
        shop.stack.sql("DELETE FROM product_categories WHERE id LIKE '%-0000000b1600'")


def peak_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1))
