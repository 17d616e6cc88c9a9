# SPDX-License-Identifier: Apache-2.0
"""Stock as it is now: never from a copy."""

from shop import new_id

CHECK = "/api/mall/inventory/check"


def stock(shop, product):
    return shop.http.get(f"/api/mall/inventory/{product}")


def check(shop, *items):
    a = shop.http.post(CHECK, {"items": [{"productId": p, "quantity": q} for p, q in items]})
    assert a.status == 200, a
    return a.json


def test_it_is_always_current(shop, user):
    p = shop.product(stock=5)
    for left in (4, 3, 2):
        order = user.bought(p)
        a = stock(shop, p).json
        assert (a["productId"], a["available"], a["reserved"], a["inStock"]) == (p, left, 0, True)
    user.cancel(order)
    assert stock(shop, p).json["available"] == 3
    shop.restock(p, 7)
    assert stock(shop, p).json["available"] == 10


def test_sold_out(shop, user):
    p = shop.product(stock=1)
    user.bought(p)
    a = stock(shop, p).json
    assert a["available"] == 0 and a["inStock"] is False
    assert shop.product(stock=0) and stock(shop, shop.product(stock=0)).json["inStock"] is False


def test_unknown_and_off_sale(shop):
    for p in (new_id(), shop.product(status=0), shop.product(deleted_at="2026-01-01 00:00:00"), "x"):
        a = stock(shop, p)
        assert (a.status, a.code) == (404, "not_found")


def test_check(shop):
    a, b = shop.product(stock=5), shop.product(stock=0)
    got = check(shop, (a, 5), (b, 1))
    assert got == {"items": [{"productId": a, "requested": 5, "available": 5, "sufficient": True},
                             {"productId": b, "requested": 1, "available": 0, "sufficient": False}], "allSufficient": False}
    assert check(shop, (a, 5))["allSufficient"] is True
    assert check(shop, (a, 6))["allSufficient"] is False
    assert shop.stock(a) == 5


def test_check_of_the_same_twice_adds_up(shop):
    a = shop.product(stock=5)
    assert [i["sufficient"] for i in check(shop, (a, 3), (a, 2))["items"]] == [True, True]
    got = check(shop, (a, 3), (a, 3))
    assert [i["sufficient"] for i in got["items"]] == [True, False] and got["allSufficient"] is False


def test_check_of_what_cannot_be_had(shop):
    for p in (new_id(), shop.product(status=0), shop.product(deleted_at="2026-01-01 00:00:00"),
              shop.product(available_from="2099-01-01 00:00:00"), shop.product(available_until="2026-01-01 00:00:00")):
        got = check(shop, (p, 1))
        assert got["items"][0]["available"] == 0 and got["allSufficient"] is False


def test_check_of_fifty(shop):
    made = shop.products(50, stock=lambda k: k)
    got = check(shop, *[(p, 1) for p in made])
    assert [i["productId"] for i in got["items"]] == made
    assert [i["available"] for i in got["items"]] == list(range(50))
