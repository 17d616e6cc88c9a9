# SPDX-License-Identifier: Apache-2.0
"""Every move of an order from every status, by everybody who may and everybody who may not; and what each takes, gives
back, records and tells."""

import json

import pytest

from client import together
from shop import DELIVERY, ORDERS, new_id

POINTS, STOCK, PRICE, PIECES = 100000, 10, 70, 3
COST = PRICE * PIECES
SHIP = {"carrier": "顺丰", "trackingNo": "SF1234567890"}
REASON = {"reason": "商品破损"}

# What can be tried: by whom, the path's end, the body.
TRIES = {
    "user confirm": ("user", "confirm", None),
    "user cancel": ("user", "cancel", None),
    "user receive": ("user", "receive", None),
    "user return": ("user", "return", REASON),
    "operator confirm": ("operator", "confirm", None),
    "operator cancel": ("operator", "cancel", REASON),
    "operator cancel, not there": ("operator", "cancel", dict(REASON, outOfStock=True)),
    "operator ship": ("operator", "ship", SHIP),
    "operator in transit": ("operator", "delivery", {"deliveryStatus": 3, "description": "到达杭州"}),
    "operator delivered": ("operator", "delivery", {"deliveryStatus": 4, "description": "已签收"}),
    "operator accepts": ("operator", "return", {"accepted": True, "restock": True, "reason": "完好"}),
    "operator accepts, unfit": ("operator", "return", {"accepted": True}),
    "operator refuses": ("operator", "return", {"accepted": False, "reason": "已使用"}),
}

BACK = {"points": COST, "counter": -PIECES}
CONFIRMED = {"stock": 0, "reserved": -PIECES, "sales": PIECES, "ledger": [(4, 3), (2, -3)],
             "events": ["mall.product.exchanged"], "delivery": 1, "timer": None}
RELEASED = dict(BACK, stock=3, reserved=-3, ledger=[(4, 3)], events=["points.refunded", "mall.order.cancelled"], timer=None)
CANCELLED = dict(BACK, stock=3, sales=-3, ledger=[(1, 3)], events=["points.refunded", "mall.order.cancelled"], delivery=1)
# And at once out again: by the operator, of no order.
NOT_THERE = {"ledger": [(4, 3), (2, -3)], "stock": 0}
ARRIVED = {"events": ["mall.order.delivered", "mall.order.completed"], "delivery": 4, "timer": None, "way": 1, "delivered": True}
RETURNED = dict(BACK, sales=-3, events=["points.refunded", "mall.order.returned"], delivery=5, way=1)

# (from, try): to, and what changes. What is not named stays as it is; whatever is not here is 409 and changes nothing.
MOVES = {
    (0, "user confirm"): (1, CONFIRMED),
    (0, "operator confirm"): (1, CONFIRMED),
    (0, "user cancel"): (4, RELEASED),
    (0, "operator cancel"): (4, RELEASED),
    (0, "operator cancel, not there"): (4, dict(RELEASED, **NOT_THERE)),
    (1, "user cancel"): (4, CANCELLED),
    (1, "operator cancel"): (4, CANCELLED),
    (1, "operator cancel, not there"): (4, dict(CANCELLED, ledger=[(1, 3), (2, -3)], stock=0)),
    (1, "operator ship"): (2, {"events": ["mall.order.shipped"], "delivery": 2, "timer": 15, "way": 1}),
    (2, "operator in transit"): (2, {"events": ["mall.order.tracked"], "delivery": 3, "timer": 15, "way": 1}),
    (2, "operator delivered"): (2, {"events": ["mall.order.delivered", "mall.order.tracked"], "delivery": 4, "timer": 15,
                                    "way": 1, "delivered": True}),
    (2, "user receive"): (3, ARRIVED),
    (2, "user return"): (5, {"events": ["mall.order.return_asked"], "timer": None}),
    (3, "user return"): (5, {"events": ["mall.order.return_asked"]}),
    (5, "operator accepts"): (6, dict(RETURNED, stock=3, ledger=[(1, 3)])),
    (5, "operator accepts, unfit"): (6, RETURNED),
    (5, "operator refuses"): (3, {"events": ["mall.order.return_refused"]}),
}


class Case:
    """An order on its way, with all that it moves."""

    def __init__(self, shop, status):
        self.shop = shop
        self.operator = shop.merchant()
        self.user = shop.user(POINTS)
        self.product = shop.product(stock=STOCK, price=PRICE, purchase_limit=5, merchant_id=self.operator.merchant)
        self.order = (self.user.held if status == 0 else self.user.bought)(self.product, PIECES)
        for way in {2: ["operator ship"], 3: ["operator ship", "user receive"], 4: ["user cancel"],
                    5: ["operator ship", "user receive", "user return"],
                    6: ["operator ship", "user receive", "user return", "operator accepts"]}.get(status, []):
            assert self.attempt(way).status == 200, way

    def attempt(self, name, **more):
        who, end, body = TRIES[name]
        return (self.user if who == "user" else self.operator).move(self.order, end, body, **more)

    def state(self):
        text = (f"SELECT status, version, delivery_status, delivered_at IS NOT NULL, exchanged_at IS NOT NULL FROM exchange_orders "
                f"WHERE id = '{self.order}';"
                f"SELECT stock_quantity, reserved_quantity, sales_count FROM products WHERE id = '{self.product}';"
                f"SELECT points_balance FROM users WHERE id = '{self.user.id}';"
                f"SELECT quantity FROM purchase_counters WHERE user_id = '{self.user.id}' AND product_id = '{self.product}';"
                f"SELECT COUNT(*) FROM order_tracking WHERE order_id = '{self.order}';"
                f"SELECT 'timer', TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(), due_at) FROM order_timers WHERE order_id = '{self.order}';")
        order, product, user, counter, way, *timer = self.shop.stack.sql(text)
        return {"status": int(order[0]), "version": int(order[1]), "delivery": int(order[2]), "delivered": order[3] == "1",
                "stock": int(product[0]), "reserved": int(product[1]), "sales": int(product[2]), "points": int(user[0]),
                "counter": int(counter[0]), "way": int(way[0]),
                "timer": (int(timer[0][1]) + 12) // 24 if timer else None}

    def ledger(self):
        return [(int(t), int(q)) for t, q in self.shop.stack.sql(
            f"SELECT change_type, quantity_change FROM inventory_records WHERE product_id = '{self.product}' ORDER BY seq")]

    def told(self, names):
        """Of these events, those that are in the shop's own outbox."""
        return [n for n in names if not (self.shop.stack.apart and n.startswith("points."))]

    def events(self):
        return self.shop.stack.sql(f"SELECT event_type, payload, targets FROM outbox WHERE aggregate = '{self.user.id}' ORDER BY seq")


@pytest.mark.parametrize("status", range(7))
def test_what_is_not_a_move_is_409_and_changes_nothing(shop, status):
    c = Case(shop, status)
    before, ledger, events = c.state(), c.ledger(), c.events()
    assert before["status"] == status
    for name in TRIES:
        if (status, name) in MOVES:
            continue
        for key in (None, f"k-{name}".replace(" ", "-").replace(",", "")):
            a = c.attempt(name, key=key)
            assert (a.status, a.code) == (409, "invalid_state"), (name, a)
    assert c.state() == before and c.ledger() == ledger and c.events() == events
    assert shop.stack.number(f"SELECT COUNT(*) FROM audit_log WHERE subject_id = '{c.order}' AND after_state LIKE '%破损%'") == 0


@pytest.mark.parametrize("move", MOVES, ids=lambda m: f"{m[0]} {m[1]}")
def test_a_move(shop, move):
    status, name = move
    to, change = MOVES[move]
    c = Case(shop, status)
    before, ledger, events = c.state(), c.ledger(), c.events()
    a = c.attempt(name, key="once")
    assert a.status == 200, a
    after = c.state()
    for what in ("stock", "reserved", "sales", "points", "counter", "way"):
        assert after[what] - before[what] == change.get(what, 0), what
    # Points in another database come back by a saga, whose end is a version of its own.
    settled = shop.stack.apart and change.get("points", 0) > 0
    assert after["status"] == to and after["version"] == before["version"] + 1 + settled
    assert after["delivery"] == change.get("delivery", before["delivery"])
    assert after["delivered"] == change.get("delivered", before["delivered"])
    assert after["timer"] == change.get("timer", before["timer"])
    assert c.ledger()[len(ledger):] == change.get("ledger", [])
    told = c.events()[len(events):]
    assert [e[0] for e in told] == c.told(change["events"])
    hold_events(c, to, told)
    hold_answer(c, name, a, to, after)
    # The same again: the stored answer. Under another key: not a move any more, unless it is one that stays.
    again = c.attempt(name, key="once")
    assert (again.status, again.body, again.header("Idempotency-Replayed")) == (200, a.body, "true")
    assert c.state() == after
    if to != status:
        assert c.attempt(name, key="twice").code == "invalid_state"
        assert c.state() == after
    shop.stack.verify()


def hold_events(c, to, told):
    for kind, payload, targets in told:
        for private in DELIVERY.values():
            assert private not in payload
        payload = json.loads(payload)
        assert payload["userId"] == c.user.id and "notify" in json.loads(targets)
        if kind == "mall.product.exchanged":
            assert payload == {"userId": c.user.id, "productId": c.product, "quantity": PIECES, "pointsCost": COST,
                               "orderId": c.order}
            assert set(json.loads(targets)) == {"profile", "recommend", "notify", "stats"}
        elif kind in ("mall.order.delivered", "mall.order.completed"):
            assert payload == {"userId": c.user.id, "orderId": c.order}
            assert json.loads(targets) == ["notify", "stats"]
        elif kind.startswith("mall.order.") and kind != "mall.order.tracked":
            assert (payload["orderId"], payload["productId"], payload["status"]) == (c.order, c.product, to)
        elif kind == "points.refunded":
            assert (payload["points"], payload["balanceAfter"], payload["relatedId"]) == (COST, POINTS, c.order)


def hold_answer(c, name, a, to, after):
    got = a.json
    assert got["success"] is True
    shown = c.user.order(c.order).json
    if name == "user confirm":
        assert got == {"success": True, "exchangeOrderId": c.order, "orderNo": shown["orderNo"], "status": 1,
                       "remainingPoints": after["points"], "estimatedDelivery": shown["estimatedDelivery"]}
    elif name.startswith("user"):
        assert got == {"success": True, "remainingPoints": after["points"], "order": shown}
    else:
        assert a.header("ETag") == f"\"{after['version']}\""
        order = dict(got["order"])
        assert (order.pop("version"), order.pop("needsReview")) == (after["version"], False)
        assert order.pop("deliveryInfo")["receiverPhone"] == "138****8000" and "13800138000" not in a.text
        del shown["deliveryInfo"]
        assert order == shown
    assert shown["status"] == to and ("expiresAt" in shown) == (to == 0)


def test_the_operators_part_of_a_stock_out_is_of_no_order(shop):
    c = Case(shop, 1)
    assert c.attempt("operator cancel, not there").status == 200
    rows = shop.stack.sql("SELECT change_type, quantity_change, stock_after, related_order_id, operator_id FROM inventory_records "
                          f"WHERE product_id = '{c.product}' ORDER BY seq")
    assert rows[-3:] == [["2", "-3", "7", c.order, None], ["1", "3", "10", c.order, c.operator.id],
                        ["2", "-3", "7", None, c.operator.id]]


# ---- who ----

def paths(order):
    for who, end, body in TRIES.values():
        yield who, f"{ORDERS if who == 'user' else '/api/admin/orders'}/{order}/{end}", body


def test_who_may_not(shop):
    c, other = Case(shop, 1), shop.user()
    stranger, admin = shop.merchant(), shop.admin()
    before, events = c.state(), c.events()
    for who, path, body in paths(c.order):
        a = shop.http.post(path, body)
        assert (a.status, a.code) == (401, "unauthorized"), path
        for token in ([admin.token, c.operator.token] if who == "user" else
                      [c.user.token, shop.token(new_id("9"), role="service", service="it")]):
            a = shop.http.post(path, body, token)
            assert (a.status, a.code) == (403, "forbidden"), path
        for key in (None, "mine"):
            a = shop.http.post(path, body, other.token if who == "user" else stranger.token, key=key)
            assert (a.status, a.code) == (404, "not_found"), path
    for unknown in (new_id(), "x", "01980000"):
        for who, path, body in paths(unknown):
            a = shop.http.post(path, body, c.user.token if who == "user" else admin.token)
            assert (a.status, a.code) == (404, "not_found"), path
    assert c.state() == before and c.events() == events
    assert shop.stack.one(f"SELECT id FROM audit_log WHERE subject_id = '{c.order}'") is None


def test_an_admin_moves_every_merchants_orders_and_those_of_none(shop):
    admin, user = shop.admin(), shop.user()
    for merchant in (shop.merchant().merchant, None):
        order = user.bought(shop.product(merchant_id=merchant))
        assert admin.ship(order).status == 200
        assert user.move(order, "receive").status == 200
    order = user.bought(shop.product())
    assert shop.merchant().ship(order).status == 404, "of no merchant is not of any merchant"


def test_estimated_delivery_is_the_merchants_days_after_confirmation(shop):
    user = shop.user()
    merchant = shop.merchant()
    shop.stack.sql(f"UPDATE merchants SET delivery_days = 9 WHERE id = '{merchant.merchant}'")
    for product, days in ((shop.product(merchant_id=merchant.merchant), 9), (shop.product(), 3)):
        order = user.held(product)
        shop.stack.sql("UPDATE exchange_orders SET created_at = created_at - INTERVAL 3 DAY, "
                       f"estimated_delivery = estimated_delivery - INTERVAL 3 DAY WHERE id = '{order}'")
        assert user.move(order, "confirm").status == 200
        assert shop.stack.number("SELECT TIMESTAMPDIFF(SECOND, exchanged_at, estimated_delivery) FROM exchange_orders "
                                 f"WHERE id = '{order}'") == days * 86400


# ---- what is asked ----

@pytest.mark.parametrize("name,bodies", [
    ("user confirm", [({"x": 1}, {"x"}), ([], {""})]),
    ("user cancel", [({"reason": ""}, {"reason"}), ({"outOfStock": True}, {"outOfStock"})]),
    ("user receive", [({"reason": "x"}, {"reason"})]),
    ("user return", [({}, {"reason"}), ({"reason": ""}, {"reason"}), ({"reason": "x" * 201}, {"reason"}),
                     ({"reason": None}, {"reason"})]),
    ("operator confirm", [({"reason": "x"}, {"reason"})]),
    ("operator cancel", [({}, {"reason"}), ({"reason": None}, {"reason"}), ({"reason": "x", "outOfStock": 1}, {"outOfStock"}),
                         ({"reason": "x" * 201, "more": 1}, {"reason", "more"})]),
    ("operator ship", [({}, {"carrier", "trackingNo"}), ({"carrier": "", "trackingNo": "1"}, {"carrier"}),
                       ({"carrier": "x" * 61, "trackingNo": "x" * 101}, {"carrier", "trackingNo"}),
                       ({"carrier": "顺丰", "trackingNo": "a\nb"}, {"trackingNo"})]),
    ("operator in transit", [({}, {"deliveryStatus", "description"}), ({"deliveryStatus": 1, "description": "x"}, {"deliveryStatus"}),
                             ({"deliveryStatus": 5, "description": "x"}, {"deliveryStatus"}),
                             ({"deliveryStatus": "3", "description": "x" * 201}, {"deliveryStatus", "description"})]),
    ("operator accepts", [({}, {"accepted"}), ({"accepted": 1}, {"accepted"}), ({"accepted": True, "reason": ""}, {"reason"}),
                          ({"accepted": False, "restock": True}, {"restock"})]),
])
def test_bad_bodies(shop, name, bodies):
    c = Case(shop, {"user confirm": 0, "operator confirm": 0, "user cancel": 1, "operator cancel": 1, "operator ship": 1,
                    "operator accepts": 5}.get(name, 2))
    before = c.state()
    who, end, good = TRIES[name]
    mover = c.user if who == "user" else c.operator
    for body, fields in bodies:
        a = mover.move(c.order, end, body)
        assert (a.status, a.code) == (400, "invalid_request") and a.fields() == fields, (body, a)
    path = f"{ORDERS if who == 'user' else '/api/admin/orders'}/{c.order}/{end}"
    for raw, kind, status in (("{}x", "application/json", 400), ("a=b", "application/x-www-form-urlencoded", 415),
                              ("{" + " " * 5000 + "}", "application/json", 413)):
        assert shop.http.post(path, None, mover.token, raw=raw, content_type=kind).status == status, (raw, path)
    if good is not None:
        assert shop.http.post(path, None, mover.token).status in (400, 415), "a body is due"
    assert c.state() == before


def test_an_empty_body_where_nothing_is_asked(shop):
    for status, name in ((0, "user confirm"), (0, "operator confirm"), (2, "user receive"), (1, "user cancel")):
        c = Case(shop, status)
        who, end, _ = TRIES[name]
        assert (c.user if who == "user" else c.operator).move(c.order, end, {}).status == 200


@pytest.mark.parametrize("name,status", [("user return", 2), ("operator ship", 1), ("operator cancel", 0), ("operator accepts", 5),
                                         ("operator in transit", 2)])
def test_another_body_under_the_key(shop, name, status):
    c = Case(shop, status)
    a = c.attempt(name, key="k")
    who, end, body = TRIES[name]
    mover = c.user if who == "user" else c.operator
    other = mover.move(c.order, end, dict(body, **{k: v + "。" for k, v in body.items() if isinstance(v, str)}), key="k")
    assert (other.status, other.code) == (422, "idempotency_key_reused"), other
    assert a.status == 200
    # Another operator's key of the same name is another key.
    if who == "operator":
        a = shop.admin().move(c.order, end, body, key="k")
        assert a.header("Idempotency-Replayed") is None


@pytest.mark.parametrize("name,status", [("user confirm", 0), ("user receive", 2), ("user cancel", 0), ("operator confirm", 0)])
def test_another_order_under_the_key(shop, name, status):
    """Where nothing is asked, every body is the same: the path tells them apart."""
    c = Case(shop, status)
    other = c.user.held(c.product, 1) if status == 0 else c.user.bought(c.product, 1)
    who, end, body = TRIES[name]
    mover = c.user if who == "user" else c.operator
    assert c.attempt(name, key="k").status == 200
    a = mover.move(other, end, body, key="k")
    assert (a.status, a.code) == (422, "idempotency_key_reused"), a
    assert shop.stack.number(f"SELECT status FROM exchange_orders WHERE id = '{other}'") == (0 if status == 0 else 1)


# ---- versions ----

def test_if_match(shop):
    c = Case(shop, 1)
    v = c.state()["version"]

    def attempt(name, version, **more):
        return c.attempt(name, headers={"If-Match": version}, **more)
    for stale in ('"7"', '"0"', f'W/"{v}"', f'W/"{v}", "99"', f'"{v}", 2', f"{v}", '""', '"x"'):
        a = attempt("operator ship", stale)
        assert (a.status, a.code) == (412, "precondition_failed"), stale
    a = attempt("operator ship", f'"99", "{v}"')
    assert a.status == 200 and a.header("ETag") == f'"{v + 1}"'
    a = attempt("operator in transit", f'"{v}"')
    assert (a.status, a.code) == (412, "precondition_failed")
    a = attempt("operator in transit", f'"{v + 1}"', key="k")
    assert (a.status, a.header("ETag")) == (200, f'"{v + 2}"')
    again = attempt("operator in transit", f'"{v + 1}"', key="k")
    assert again.body == a.body and again.header("Idempotency-Replayed") == "true"
    assert attempt("operator delivered", "*").status == 200
    # Whatever the version is, what is not the operator's is not there.
    assert shop.merchant().ship(c.order, headers={"If-Match": '"9"'}).status == 404


@pytest.mark.parametrize("name,status", [("operator confirm", 0), ("operator cancel", 1), ("operator in transit", 2),
                                         ("operator accepts", 5)])
def test_a_stale_version_is_412(shop, name, status):
    c = Case(shop, status)
    before = c.state()
    a = c.attempt(name, headers={"If-Match": '"99"'})
    assert (a.status, a.code) == (412, "precondition_failed")
    assert c.state() == before


def test_a_changed_address_is_a_new_version(shop):
    c = Case(shop, 1)
    seen = c.state()["version"]
    assert shop.http.put(f"{ORDERS}/{c.order}/delivery-info", dict(DELIVERY, address="上海市浦东新区1号"), c.user.token).status == 200
    a = c.attempt("operator ship", headers={"If-Match": f'"{seen}"'})
    assert a.code == "precondition_failed", "its label was printed with the old address"


# ---- audit ----

def test_each_operators_move_is_in_the_audit_log(shop):
    c = Case(shop, 0)
    v = c.state()["version"]
    for name in ("operator confirm", "operator ship", "operator delivered"):
        assert c.attempt(name).status == 200
    assert c.attempt("user return").status == 200
    assert c.attempt("operator refuses").status == 200
    assert c.attempt("user return").status == 200
    assert c.attempt("operator accepts").status == 200
    log = c.operator.audit(c.order)
    assert [entry[0] for entry in log] == ["order.confirm", "order.ship", "order.delivery", "order.return_refuse",
                                           "order.return_accept"]
    assert log[1][1] == {"status": 1, "deliveryStatus": 1, "version": v + 1}
    assert log[1][2] == {"status": 2, "deliveryStatus": 2, "version": v + 2, **SHIP}
    assert log[4][2]["restock"] is True and log[4][2]["reason"] == "完好" and log[4][2]["status"] == 6
    whole = json.dumps(shop.stack.sql(f"SELECT * FROM audit_log WHERE subject_id = '{c.order}'"), ensure_ascii=False)
    for private in DELIVERY.values():
        assert private not in whole
    c = Case(shop, 1)
    v = c.state()["version"]
    assert c.attempt("operator cancel, not there").status == 200
    assert c.operator.audit(c.order)[0][2] == {"status": 4, "deliveryStatus": 1, "version": v + 1, "outOfStock": True, **REASON}


# ---- delivery ----

def test_the_parcels_way_newest_first(shop):
    c = Case(shop, 1)
    path = f"{ORDERS}/{c.order}/delivery"
    assert shop.http.get(path, c.user.token).json == {"deliveryStatus": 1, "carrier": None, "trackingNo": None, "events": []}
    assert c.attempt("operator ship").status == 200
    for status, text in ((3, "离开上海"), (3, "到达杭州"), (4, "已签收"), (4, "由门卫代收")):
        a = c.operator.move(c.order, "delivery", {"deliveryStatus": status, "description": text})
        assert a.status == 200, a
    a = c.operator.move(c.order, "delivery", {"deliveryStatus": 3, "description": "倒回"})
    assert (a.status, a.code) == (409, "invalid_state"), "it only advances"
    got = shop.http.get(path, c.user.token).json
    assert (got["deliveryStatus"], got["carrier"], got["trackingNo"]) == (4, SHIP["carrier"], SHIP["trackingNo"])
    assert [(e["status"], e["description"]) for e in got["events"]] == [
        (4, "由门卫代收"), (4, "已签收"), (3, "到达杭州"), (3, "离开上海"), (2, "商品已发出")]
    assert c.user.order(c.order).json["deliveryInfo"] == dict(DELIVERY, **SHIP)
    delivered = c.user.order(c.order).json["deliveredAt"]
    assert c.attempt("user receive").status == 200
    assert c.user.order(c.order).json["deliveredAt"] == delivered, "whichever was first"
    assert [e[0] for e in c.events()].count("mall.order.delivered") == 1
    for token, status in ((None, 401), (shop.user().token, 404), (c.operator.token, 403)):
        assert shop.http.get(path, token).status == status
    assert shop.http.get(f"{ORDERS}/x/delivery", c.user.token).status == 404


def test_the_demo_shops_parcels(shop):
    token = shop.token("01980000-0000-7000-9000-000000000001")
    a = shop.http.get(f"{ORDERS}/01980000-0000-7001-8000-000000000136/delivery", token).json
    assert a["carrier"] == "示例速运" and a["trackingNo"] and [e["status"] for e in a["events"]] == [3, 2]


def test_the_address_until_it_is_shipped(shop):
    new = {"receiverName": "李四", "receiverPhone": "13900139000", "address": "上海市浦东新区世纪大道1号"}
    for status in range(7):
        c = Case(shop, status)
        a = shop.http.put(f"{ORDERS}/{c.order}/delivery-info", new, c.user.token)
        shown = c.user.order(c.order).json
        if status in (0, 1):
            assert a.status == 200 and a.json == shown and shown["deliveryInfo"] == new
        else:
            assert (a.status, a.code) == (409, "invalid_state"), status
            assert shown["deliveryInfo"]["receiverName"] == DELIVERY["receiverName"]
    path = f"{ORDERS}/{c.order}/delivery-info"
    for token, status in ((None, 401), (shop.user().token, 404), (c.operator.token, 403)):
        assert shop.http.put(path, new, token).status == status
    a = shop.http.put(path, {"receiverName": "", "phone": "x"}, c.user.token)
    assert a.status == 400 and a.fields() == {"receiverName", "receiverPhone", "address", "phone"}
    a = shop.http.put(path, dict(new, receiverName="\u3000", address="  "), c.user.token)
    assert a.status == 400 and a.fields() == {"receiverName", "address"}
    assert shop.http.put(path, None, c.user.token, raw="x", content_type="text/plain").status == 415
    assert shop.http.put(path, None, c.user.token, raw=" " * 5000).status == 413


# ---- returns ----

@pytest.mark.parametrize("days,status", [(6, 200), (8, 409)])
def test_a_return_within_the_days_after_delivery(shop, days, status):
    c = Case(shop, 3)
    shop.stack.sql(f"UPDATE exchange_orders SET delivered_at = delivered_at - INTERVAL {days} DAY WHERE id = '{c.order}'")
    assert c.attempt("user return").status == status


def test_a_return_of_what_never_arrived_counts_from_its_refusal(shop):
    c = Case(shop, 2)
    assert c.attempt("user return").status == 200
    assert c.attempt("operator refuses").status == 200
    shown = c.user.order(c.order).json
    assert shown["status"] == 3 and "deliveredAt" in shown
    assert [e[0] for e in c.events()][-2:] == ["mall.order.delivered", "mall.order.return_refused"]
    assert c.attempt("user return").status == 200, "may be asked for again"


def test_a_users_words_are_not_told(shop):
    c = Case(shop, 1)
    assert c.user.move(c.order, "cancel", {"reason": "打我电话 13800138000"}).status == 200
    assert c.events()[-1][0] == "mall.order.cancelled" and "reason" not in json.loads(c.events()[-1][1])
    c = Case(shop, 1)
    assert c.attempt("operator cancel").status == 200
    assert json.loads(c.events()[-1][1])["reason"] == REASON["reason"]


# ---- a saga's orders ----

@pytest.mark.parametrize("status", [0, 4, 6])
def test_a_settling_order_does_not_move(shop, status):
    c = Case(shop, status)
    shop.stack.sql(f"UPDATE exchange_orders SET settling = 1 WHERE id = '{c.order}'")
    before = c.state()
    for name in TRIES:
        a = c.attempt(name)
        assert (a.status, a.code) == (409, "invalid_state"), name
    assert shop.http.put(f"{ORDERS}/{c.order}/delivery-info", DELIVERY, c.user.token).code == "invalid_state"
    assert c.user.order(c.order).json["settling"] is True
    assert c.state() == before
    shop.stack.sql(f"UPDATE exchange_orders SET settling = 0 WHERE id = '{c.order}'")
    assert "settling" not in c.user.order(c.order).json


def test_why_a_saga_failed_is_on_the_order(shop):
    c = Case(shop, 4)
    shop.stack.sql(f"UPDATE exchange_orders SET failure_code = 'insufficient_points' WHERE id = '{c.order}'")
    assert c.user.order(c.order).json["failureCode"] == "insufficient_points"


# ---- at once ----

@pytest.mark.parametrize("status,names,ends", [
    (0, ["user confirm", "user cancel", "operator cancel"], {1, 4}),
    (1, ["operator ship", "user cancel"], {2, 4}),
    (2, ["user receive", "user return"], {3, 5}),
    (5, ["operator accepts", "operator refuses", "operator accepts, unfit"], {3, 6}),
])
def test_rivals(shop, status, names, ends):
    """Any order of things is right, none twice: what won is what the answers say."""
    for _ in range(4):
        c = Case(shop, status)
        answers = together(2 * len(names), lambda i: (names[i % len(names)], c.attempt(names[i % len(names)])))
        won = [name for name, a in answers if a.status == 200]
        assert all(a.code == "invalid_state" for _, a in answers if a.status != 200), answers
        assert c.state()["status"] in ends | {s for s, _ in [MOVES.get((e, n), (None, None)) for e in ends for n in names] if s}
        assert won and len(won) == len(set(won)), won
        told = [e[0] for e in c.events()]
        assert told.count("points.refunded") <= 1 and told.count("mall.product.exchanged") <= 1
    shop.stack.verify()


def test_delivered_by_many_at_once(shop):
    """Each is told of the parcel, one of the delivery."""
    c = Case(shop, 2)
    v = c.state()["version"]
    answers = together(4, lambda _: c.attempt("operator delivered"))
    assert [a.status for a in answers] == [200] * 4, answers
    assert sorted(a.json["order"]["version"] for a in answers) == [v + 1, v + 2, v + 3, v + 4]
    told = [e[0] for e in c.events()]
    assert told.count("mall.order.delivered") == 1 and told.count("mall.order.tracked") == 4


def test_the_same_key_at_once_moves_once(shop):
    for name, status in (("user confirm", 0), ("operator ship", 1), ("user receive", 2), ("operator accepts", 5)):
        c = Case(shop, status)
        before = c.state()["version"]
        answers = together(5, lambda _: c.attempt(name, key="same"))
        assert {a.body for a in answers if a.status == 200} and len({a.body for a in answers if a.status == 200}) == 1
        assert all(a.status == 200 or a.code == "idempotency_in_progress" for a in answers), answers
        assert c.state()["version"] == before + (2 if shop.stack.apart and status == 5 else 1)


def test_all_is_in_order(shop):
    shop.stack.verify()
