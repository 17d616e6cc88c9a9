# SPDX-License-Identifier: Apache-2.0
"""A user's own orders: list, one, cancel; and nobody else's."""

import json

import pytest

from client import together
from shop import DELIVERY, ORDERS, new_id


def test_the_snapshot_stays(shop, user):
    """Whatever becomes of the product: the order shows it as it was when it was exchanged."""
    category = shop.category(name="旧类")
    p = shop.product(name="旧名", price=100, category_id=category, original_price="9.90", description="旧描述",
                     images='["/files/old.svg"]', specifications='{"颜色":"红"}',
                     merchant_id="01980000-0000-7000-b000-000000000001")
    order = user.bought(p, 2)
    before = user.order(order).json
    other = shop.category(name="新类")
    shop.change(p, name="新名", points_price=999, category_id=other, original_price="1.00", description="新描述",
                images='["/files/new.svg"]', specifications="{}", merchant_id=None)
    shop.stack.sql(f"UPDATE product_categories SET name = '改名' WHERE id = '{category}'")
    for after in (user.order(order).json, shop.http.get(ORDERS, user.token).json["items"][0]):
        product = after["product"]
        assert product["name"] == "旧名" and product["pointsPrice"] == 100 and after["pointsCost"] == 200
        assert product["images"] == ["/files/old.svg"] and product["description"] == "旧描述"
        assert product["specifications"] == {"颜色": "红"} and product["originalPrice"] == 9.9
        assert product["category"] == {"id": category, "name": "旧类"}
        assert product["merchant"] == before["product"]["merchant"]
        assert product["id"] == p
    shop.change(p, status=0, deleted_at="2026-01-01 00:00:00")
    assert user.order(order).json["product"]["name"] == "旧名"


def test_list_newest_first_and_by_status(shop, user, product):
    made = [user.bought(product) for _ in range(6)]
    for order in made[:2]:
        user.cancel(order)

    def ids(**query):
        return [o["id"] for o in shop.http.pages(ORDERS, user.token, **query)]
    assert ids() == made[::-1]
    assert ids(limit=1) == ids(limit=2) == ids(limit=6) == made[::-1]
    assert ids(status=4) == made[:2][::-1] and ids(status=1, limit=3) == made[2:][::-1]
    assert ids(status=0) == []
    one = shop.http.get(ORDERS, user.token, query={"limit": 1}).json["items"][0]
    assert one == user.order(one["id"]).json


@pytest.mark.parametrize("query,fields", [({"status": 7}, {"status"}), ({"status": -1}, {"status"}), ({"status": "x"}, {"status"}),
                                          ({"status": ""}, {"status"}), ({"limit": 0, "status": "1.5"}, {"limit", "status"})])
def test_bad_queries(shop, user, query, fields):
    a = shop.http.get(ORDERS, user.token, query=query)
    assert (a.status, a.code) == (400, "invalid_request") and a.fields() == fields


def test_another_users_order_is_404(shop, user, product):
    other = shop.user()
    order = other.bought(product)
    for a in (user.order(order), user.cancel(order), user.cancel(order, key="x"), user.order(new_id()), user.order("x"),
              user.cancel("x"), user.cancel(new_id())):
        assert (a.status, a.code) == (404, "not_found"), a
    assert a.json["detail"] == user.order(order).json["detail"], "as if it did not exist"
    assert shop.http.get(ORDERS, user.token).json["items"] == []
    assert other.order(order).json["status"] == 1 and other.balance() == 100000 - 100 and shop.stock(product) == 9


def test_cancel_gives_all_back_once(shop, user):
    p = shop.product(stock=10, price=70, purchase_limit=3)
    order = user.bought(p, 3)
    a = user.cancel(order, body={"reason": "不想要了"})
    assert a.status == 200 and a.json["success"] is True and a.json["remainingPoints"] == 100000
    assert a.json["order"] == user.order(order).json and a.json["order"]["status"] == 4
    assert (user.balance(), shop.stock(p), shop.sales(p), user.counter(p)) == (100000, 10, 0, 0)
    for _ in range(2):
        again = user.cancel(order)
        assert (again.status, again.code) == (409, "invalid_state"), again
    assert (user.balance(), shop.stock(p), user.counter(p)) == (100000, 10, 0)
    ledger = shop.stack.sql("SELECT change_type, quantity_change, stock_after FROM inventory_records WHERE "
                            f"related_order_id = '{order}' ORDER BY seq")
    taken = [["3", "-3", "7"], ["4", "3", "10"], ["2", "-3", "7"]] if shop.stack.apart else [["2", "-3", "7"]]
    assert ledger == taken + [["1", "3", "10"]]
    assert shop.stack.one(f"SELECT cancel_reason FROM exchange_orders WHERE id = '{order}'") == "不想要了"
    events = dict(user.events("event_type, payload"))
    assert len(events) == 4 and "points.refunded" in events
    cancelled = json.loads(events["mall.order.cancelled"])
    assert cancelled["orderId"] == order and cancelled["status"] == 4 and cancelled["userId"] == user.id
    user.bought(p, 3)


def test_cancel_twice_at_once(shop, user):
    p = shop.product(stock=10, price=70)
    for _ in range(5):
        order = user.bought(p, 2)
        answers = together(6, lambda _: user.cancel(order))
        assert sorted(a.status for a in answers) == [200] + [409] * 5, answers
        assert {a.code for a in answers if a.status == 409} == {"invalid_state"}
        assert (user.balance(), shop.stock(p), shop.sales(p), user.counter(p)) == (100000, 10, 0, 0)
    shop.stack.verify()


def test_cancel_and_exchange_at_once(shop):
    """Opposite ways through the same rows."""
    p = shop.product(stock=100, price=1)
    people = shop.users(6)

    def work(i):
        for n in range(4):
            order = people[i].bought(p)
            assert people[i].cancel(order).status == 200
    together(6, work)
    assert shop.stock(p) == 100 and {u.balance() for u in people} == {100000}
    shop.stack.verify()


@pytest.mark.parametrize("body,fields", [({"reason": ""}, {"reason"}), ({"reason": "x" * 201}, {"reason"}), ({"reason": 1}, {"reason"}),
                                         ({"why": "x"}, {"why"})])
def test_bad_cancel_bodies(shop, user, product, body, fields):
    order = user.bought(product)
    a = user.cancel(order, body=body)
    assert (a.status, a.code) == (400, "invalid_request") and a.fields() == fields
    assert user.order(order).json["status"] == 1


def test_cancel_bodies_that_are_fine(shop, user, product):
    for body in (None, {}, {"reason": None}, {"reason": "由" * 200}):
        assert user.cancel(user.bought(product), body=body).status == 200


@pytest.mark.parametrize("status", [2, 3, 4, 5, 6])
def test_what_cannot_be_cancelled(shop, user, product, status):
    order = user.bought(product)
    shop.stack.sql(f"UPDATE exchange_orders SET status = {status} WHERE id = '{order}'")
    a = user.cancel(order)
    assert (a.status, a.code) == (409, "invalid_state"), a
    assert user.balance() == 100000 - 100 and shop.stock(product) == 9
    shop.stack.sql(f"UPDATE exchange_orders SET status = 1 WHERE id = '{order}'")


def test_delivery_is_shown_as_it_was_given(shop, user, product):
    order = user.bought(product)
    assert user.order(order).json["deliveryInfo"] == DELIVERY
    shop.stack.sql(f"UPDATE exchange_orders SET tracking_no = 'SF1', carrier = '顺丰' WHERE id = '{order}'")
    assert user.order(order).json["deliveryInfo"] == dict(DELIVERY, carrier="顺丰", trackingNo="SF1")
