# SPDX-License-Identifier: Apache-2.0
"""Products, one product, categories: filters, sorts, cursors, shapes. Past the micro-cache, so that what a test has just
made is seen; queries are the test's own, so that no copy of an older answer is met."""

import base64
import itertools

import pytest

from shop import new_id
from stack import wait_until

PRODUCTS = "/api/mall/products"
ORDERS = "/api/mall/exchange/orders"
SORTS = ["default", "points_asc", "points_desc", "sales", "newest"]
unique = itertools.count(1)


@pytest.fixture(scope="module")
def shelf(shop):
    """25 products in a category of their own, of every kind, with equal prices, sales and places among them."""
    category = shop.category()
    made = shop.products(25, stock=lambda k: k % 3 * 5, price=lambda k: 100 + k // 4 * 10, category_id=category,
                         is_hot=lambda k: k % 2, is_new=lambda k: k % 5 == 0, sort_order=lambda k: k // 5)
    return category, made


def ids(items):
    return [i["id"] for i in items]


def rows(shop, category):
    return {r[0]: {"price": int(r[1]), "stock": int(r[2]), "hot": r[3] == "1", "new": r[4] == "1", "sort": int(r[5]),
                   "sales": int(r[6])}
            for r in shop.stack.sql("SELECT id, points_price, stock_quantity, is_hot, is_new, sort_order, sales_count "
                                    f"FROM products WHERE category_id = '{category}'")}


ORDER = {
    "default": lambda i, r: (r["sort"], i), "points_asc": lambda i, r: (r["price"], i),
    "points_desc": lambda i, r: (-r["price"], tuple(-ord(c) for c in i)),
    "sales": lambda i, r: (-r["sales"], tuple(-ord(c) for c in i)), "newest": lambda i, r: tuple(-ord(c) for c in i),
}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 4, 24, 25, 26, 100])
def test_pages_cover_all_exactly_once_in_order(shop, shelf, sort, limit):
    category, made = shelf
    items = shop.direct.pages(PRODUCTS, categoryId=category, sort=sort, limit=limit)
    table = rows(shop, category)
    assert ids(items) == sorted(made, key=lambda i: ORDER[sort](i, table[i]))


@pytest.mark.parametrize("sort", SORTS)
def test_the_whole_shop_page_by_page(shop, sort):
    most = 2147483647 - next(unique)
    want = {r[0] for r in shop.stack.sql("SELECT id FROM products WHERE status = 1 AND deleted_at IS NULL "
                                         "AND (available_until IS NULL OR available_until > UTC_TIMESTAMP()) "
                                         f"AND points_price <= {most}")}
    got = ids(shop.direct.pages(PRODUCTS, sort=sort, limit=7, maxPoints=most))
    assert len(got) == len(set(got)) and set(got) == want


def test_the_default_limit_is_20(shop, shelf):
    page = shop.direct.get(PRODUCTS, query={"categoryId": shelf[0]}).json
    assert len(page["items"]) == 20 and page["nextCursor"]


@pytest.mark.parametrize("query,keep", [
    ({"minPoints": 120}, lambda r: r["price"] >= 120), ({"maxPoints": 120}, lambda r: r["price"] <= 120),
    ({"minPoints": 110, "maxPoints": 130}, lambda r: 110 <= r["price"] <= 130),
    ({"minPoints": 131, "maxPoints": 130}, lambda r: False), ({"minPoints": 0}, lambda r: True),
    ({"hot": "true"}, lambda r: r["hot"]), ({"hot": "1"}, lambda r: r["hot"]), ({"new": "true"}, lambda r: r["new"]),
    ({"inStock": "true"}, lambda r: r["stock"] > 0),
    ({"hot": "true", "inStock": "true", "new": "true"}, lambda r: r["hot"] and r["stock"] > 0 and r["new"]),
    ({"unknown": "x"}, lambda r: True), ({"a": "1", "b": "2"}, lambda r: True),
])
def test_filters(shop, shelf, query, keep):
    category, made = shelf
    table = rows(shop, category)
    for sort in SORTS:
        got = shop.direct.pages(PRODUCTS, categoryId=category, sort=sort, limit=6, **query)
        assert set(ids(got)) == {i for i in made if keep(table[i])}, sort
        assert len(got) == len(set(ids(got)))


def test_a_category_has_its_descendants(shop):
    top = shop.category()
    middle = shop.category(top, level=2)
    leaf = shop.category(middle, level=3)
    other = shop.category()
    made = {c: shop.product(category_id=c) for c in (top, middle, leaf, other)}

    def found(c):
        return set(ids(shop.direct.pages(PRODUCTS, categoryId=c)))
    assert found(top) == {made[top], made[middle], made[leaf]}
    assert found(middle) == {made[middle], made[leaf]}
    assert found(leaf) == {made[leaf]}
    assert found(other) == {made[other]}
    assert found(new_id("a")) == set()


def test_what_is_not_on_sale_is_not_shown(shop):
    category = shop.category()
    on = shop.product(category_id=category)
    soon = shop.product(category_id=category, available_from="2099-01-01 00:00:00")
    off = shop.product(category_id=category, status=0)
    gone = shop.product(category_id=category, deleted_at="2026-01-01 00:00:00")
    over = shop.product(category_id=category, available_until="2026-01-01 00:00:00")
    assert set(ids(shop.direct.pages(PRODUCTS, categoryId=category))) == {on, soon}
    for p in (on, soon):
        assert shop.direct.get(f"{PRODUCTS}/{p}").status == 200
    for p in (off, gone, over, new_id()):
        a = shop.direct.get(f"{PRODUCTS}/{p}")
        assert (a.status, a.code) == (404, "not_found")
    admin = shop.token(new_id("9"), role="admin")
    assert shop.direct.get(f"{PRODUCTS}/{off}", admin).status == 404
    assert shop.direct.get(f"{PRODUCTS}/{soon}").json["availableFrom"] == "2099-01-01T00:00:00Z"


def test_a_products_shape(shop):
    category = shop.category(name="茶")
    p = shop.product(stock=7, price=2680, category_id=category, name="大红袍 \"x\" \\ <b>", description="好\n茶",
                     original_price="299.00", images='["/files/demo/p001.svg","/files/demo/p002.svg"]',
                     specifications='{"产地":"福建","n":1}', is_hot=1, purchase_limit=2,
                     merchant_id="01980000-0000-7000-b000-000000000001", available_until="2099-12-31 16:00:00")
    a = shop.direct.get(f"{PRODUCTS}/{p}")
    assert a.json == {
        "id": p, "name": "大红袍 \"x\" \\ <b>", "description": "好\n茶", "category": {"id": category, "name": "茶"},
        "merchant": {"id": "01980000-0000-7000-b000-000000000001", "name": "星选优品"}, "pointsPrice": 2680,
        "originalPrice": 299.0, "images": ["/files/demo/p001.svg", "/files/demo/p002.svg"],
        "specifications": {"产地": "福建", "n": 1}, "stockQuantity": 7, "salesCount": 0, "isHot": True, "isNew": False,
        "status": 1, "purchaseLimit": 2, "availableFrom": None, "availableUntil": "2099-12-31T16:00:00Z"}
    assert '"originalPrice":299.00,' in a.text, "two decimals"
    listed = shop.direct.get(PRODUCTS, query={"categoryId": category}).json["items"]
    assert listed == [a.json]


def test_a_bare_product(shop):
    """What may be NULL is null, or empty, in the catalogue as in an order."""
    p = shop.product(description=None, original_price=None, images=None, specifications=None)
    got = shop.direct.get(f"{PRODUCTS}/{p}").json
    assert (got["description"], got["originalPrice"], got["images"], got["specifications"], got["merchant"]) == (
        "", None, [], {}, None)
    u = shop.user()
    product = u.order(u.bought(p)).json["product"]
    assert (product["description"], product["originalPrice"], product["images"], product["specifications"]) == (
        "", None, [], {})


def test_categories(shop):
    top = shop.category(name="顶")
    child = shop.category(top, "子", 2)
    hidden = shop.category(top, "隐", 2, status=0)

    def fresh():
        tree = shop.direct.get("/api/mall/categories").json["items"]
        return [c for c in tree if c["id"] == top] and tree
    tree = wait_until(fresh, 5, "the new category")
    mine = next(c for c in tree if c["id"] == top)
    assert mine["name"] == "顶" and mine["parentId"] is None and mine["level"] == 1
    assert [(c["id"], c["parentId"], c["level"], c["children"]) for c in mine["children"]] == [(child, top, 2, [])]
    flat = []

    def walk(nodes, parent):
        assert [n["sortOrder"] for n in nodes] == sorted(n["sortOrder"] for n in nodes)
        for n in nodes:
            assert n["parentId"] == parent
            flat.append(n["id"])
            walk(n["children"], n["id"])
    walk(tree, None)
    assert hidden not in flat and len(flat) == len(set(flat)) >= 8


# ---- what is refused ----

@pytest.mark.parametrize("query,fields", [
    ("limit=0", {"limit"}), ("limit=101", {"limit"}), ("limit=-1", {"limit"}), ("limit=1.0", {"limit"}), ("limit=", {"limit"}),
    ("limit=%31x", {"limit"}), ("limit=1&limit=2", {"limit"}), ("categoryId=x", {"categoryId"}), ("categoryId=", {"categoryId"}),
    ("categoryId=01980000-0000-7000-A000-000000000001", {"categoryId"}), ("minPoints=-1", {"minPoints"}),
    ("maxPoints=2147483648", {"maxPoints"}), ("minPoints=1e3", {"minPoints"}), ("minPoints=%2B1", {"minPoints"}),
    ("maxPoints=99999999999999999999999", {"maxPoints"}), ("hot=yes", {"hot"}), ("hot=TRUE", {"hot"}), ("hot=", {"hot"}),
    ("new=2", {"new"}), ("inStock=x", {"inStock"}), ("sort=price", {"sort"}), ("sort=", {"sort"}), ("sort=Default", {"sort"}),
    ("sort=sales&sort=sales", {"sort"}), ("limit=0&sort=x&hot=x&minPoints=x", {"limit", "sort", "hot", "minPoints"}),
    ("limit=%ff", {"limit"}), ("limit=%00", {"limit"}), ("sort=%c0%af", {"sort"}), ("hot=%zz", {"hot"}), ("limit=%1", {"limit"}),
    ("limit=1&limit=%", {"limit"}), ("limit=%&limit=1", {"limit"}), ("cursor=%", {"cursor"}), ("%6cimit=%", {"limit"}),
    ("a=%ff&limit=%ff&minPoints=%", {"limit", "minPoints"}),
])
def test_bad_queries_are_named(shop, query, fields):
    for http in (shop.http, shop.direct):
        a = http.send("GET", f"{PRODUCTS}?{query}")
        assert (a.status, a.code) == (400, "invalid_request"), a
        assert a.fields() == fields, a


@pytest.mark.parametrize("query", ["", "&", "&&&", "x", "x=y=z", "limit=5&", "&limit=5", "%6cimit=5", "limit=%35", "x=1&x=2", "=",
                                   "a=+b", "a=%ff", "a=%00", "a=%c0%af", "a=%zz", "a=%1", "%=1", "%zz", "%ff=%ff", "limit=5&%", "%&limit=5",
                                   "limi%zt=1", "&".join(f"utm{n}=%" for n in range(60)) + "&limit=5"])
def test_odd_queries_that_are_fine(shop, query):
    """What nobody here reads may be as odd as it likes, and as much."""
    a = shop.direct.send("GET", f"{PRODUCTS}?{query}")
    assert a.status == 200
    if "imit" in query:
        assert len(a.json["items"]) == 5


# ---- cursors ----

def bad_cursor(http, path, cursor, token=None, **query):
    a = http.get(path, token, query=dict(query, cursor=cursor))
    assert (a.status, a.code) == (400, "invalid_cursor"), (cursor, a)


def test_an_altered_cursor_is_400(shop, shelf, rng):
    cursor = shop.direct.get(PRODUCTS, query={"categoryId": shelf[0], "limit": 3}).json["nextCursor"]
    own = {"categoryId": shelf[0], "limit": 3}
    assert shop.direct.get(PRODUCTS, query=dict(own, cursor=cursor)).status == 200
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for at in [0, 7, 8, 20, 43, 44, len(raw) - 1] + [rng.randrange(len(raw)) for _ in range(10)]:
        other = bytearray(raw)
        other[at] ^= 1 << rng.randrange(8)
        bad_cursor(shop.direct, PRODUCTS, base64.urlsafe_b64encode(other).rstrip(b"=").decode(), **own)
    for other in ("", "x", cursor[:-1], cursor + "A", cursor + "=", cursor.swapcase(), cursor[::-1], " " + cursor, "A" * 80,
                  "A" * 5000, "游标", cursor + "\n"):
        bad_cursor(shop.direct, PRODUCTS, other, **own)
    bad_cursor(shop.http, PRODUCTS, cursor[:-2] + "zz", **own)


def test_a_cursor_belongs_to_its_list(shop, shelf):
    own = {"categoryId": shelf[0], "limit": 3, "sort": "points_asc", "minPoints": 100}
    cursor = shop.direct.get(PRODUCTS, query=own).json["nextCursor"]
    assert shop.direct.get(PRODUCTS, query=dict(own, cursor=cursor)).status == 200
    # The size of a page may change on the way.
    assert shop.direct.get(PRODUCTS, query=dict(own, cursor=cursor, limit=5)).status == 200
    for change in ({"sort": "points_desc"}, {"sort": "default"}, {"minPoints": 101}, {"categoryId": new_id("a")}, {"hot": "true"},
                   {"inStock": "true"}):
        bad_cursor(shop.direct, PRODUCTS, cursor, **dict(own, **change))
    u = shop.user()
    bad_cursor(shop.http, "/api/points/records", cursor, u.token)
    bad_cursor(shop.http, ORDERS, cursor, u.token)


def test_cursors_of_orders_and_records(shop):
    a, b = shop.users(2)
    p = shop.product(stock=100)
    for u in (a, b):
        for _ in range(3):
            u.bought(p)
    for path, filters in ((ORDERS, {"status": 1}), ("/api/points/records", {"type": "mall_exchange"})):
        cursor = shop.http.get(path, a.token, query={"limit": 1}).json["nextCursor"]
        bad_cursor(shop.http, path, cursor, a.token, limit=1, **filters)
        bad_cursor(shop.http, path, cursor[:-1] + ("A" if cursor[-1] != "A" else "E"), a.token)
        # It is a place, and no key to anybody's data: whoever brings it reads its own list from there.
        theirs = shop.http.get(path, b.token, query={"limit": 100, "cursor": cursor})
        own = ids(shop.http.get(path, b.token, query={"limit": 100}).json["items"])
        assert theirs.status == 400 or set(ids(theirs.json["items"])) <= set(own)


def test_a_cursor_and_a_product_that_goes(shop):
    """The row that the cursor stands on may vanish: the walk goes on behind it."""
    category = shop.category()
    made = shop.products(6, category_id=category)
    first = shop.direct.get(PRODUCTS, query={"categoryId": category, "limit": 3}).json
    shop.change(made[2], status=0)
    rest = shop.direct.get(PRODUCTS, query={"categoryId": category, "limit": 3, "cursor": first["nextCursor"]}).json
    assert ids(rest["items"]) == made[3:] and rest["nextCursor"] is None


def test_no_more_categories_are_seeded_than_can_be_shown(shop):
    assert shop.stack.program("seed", "--categories", "1001", check=False).returncode == 64
