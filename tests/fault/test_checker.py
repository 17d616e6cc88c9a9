# SPDX-License-Identifier: Apache-2.0
"""The judge judged: a model of a right mall makes histories and dumps without a breach, and each way of spoiling one must
be objected to, by the check that it is meant for."""

import copy
import json
import os
import random
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import checker      # noqa: E402

SEEDS = range(5)
DELIVERY = {"receiverName": "王小明", "receiverPhone": "13800138000", "address": "北京市"}
NOW = "2026-11-22 05:00:00"
LATER = "2026-11-22 05:15:00.250"


class Model:
    """A mall that does everything right, one operation after another."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.history, self.n = [], 0
        self.tables = {name: [] for name in (
            "users", "products", "points_records", "inventory_records", "exchange_orders", "purchase_counters", "outbox",
            "idempotency_keys", "idempotency_answers", "consumed_events", "user_preferences", "sagas")}
        users = {f"u{i}": 1000 for i in range(3)}
        products = {f"p{i}": {"stock": 20, "price": 10 * (i + 1), "limit": None if i else 30} for i in range(3)}
        self.history.append({"ev": "setup", "users": users, "products": products})
        for user, points in users.items():
            self.tables["users"].append({"id": user, "points_balance": 0, "points_seq": 0})
            self.points(user, points, "adjust", None, told=False)
        for product, p in products.items():
            self.tables["products"].append({"id": product, "stock_quantity": 0, "stock_seq": 0, "reserved_quantity": 0,
                                            "sales_count": 0, "price": p["price"]})
            self.stock(product, p["stock"], 1, None)

    def id(self, kind):
        self.n += 1
        return f"{kind}-{self.n}"

    def row(self, table, i):
        return next(r for r in self.tables[table] if r["id"] == i)

    # ---- the mall ----

    def event(self, kind, **payload):
        e = {"event_id": self.id("e"), "event_type": kind, "payload": payload, "state": 1}
        self.tables["outbox"].append(e)
        return e

    def points(self, user, points, kind, related, told=True):
        u = self.row("users", user)
        u["points_balance"] += points
        u["points_seq"] += 1
        r = {"id": self.id("r"), "user_id": user, "seq": u["points_seq"], "type": kind, "points": points,
             "balance_after": u["points_balance"], "related_id": related}
        self.tables["points_records"].append(r)
        if told:
            self.event(checker.POINTS_EVENT[kind], userId=user, points=abs(points), balanceAfter=r["balance_after"],
                       recordId=r["id"])
        return u["points_balance"]

    def stock(self, product, change, kind, order):
        p = self.row("products", product)
        p["stock_quantity"] += change
        p["stock_seq"] += 1
        self.tables["inventory_records"].append({
            "id": self.id("s"), "product_id": product, "seq": p["stock_seq"], "change_type": kind, "quantity_change": change,
            "stock_after": p["stock_quantity"], "related_order_id": order})

    def count(self, order, sign):
        for row in self.tables["purchase_counters"]:
            if (row["user_id"], row["product_id"]) == (order["user_id"], order["product_id"]):
                row["quantity"] += sign * order["quantity"]
                return
        self.tables["purchase_counters"].append({"user_id": order["user_id"], "product_id": order["product_id"],
                                                 "quantity": sign * order["quantity"]})

    def exchanged(self, order):
        order["status"], order["exchanged_at"] = checker.CONFIRMED, NOW
        e = self.event("mall.product.exchanged", userId=order["user_id"], productId=order["product_id"],
                       quantity=order["quantity"], pointsCost=order["points_cost"], orderId=order["id"])
        self.tables["consumed_events"].append({"consumer": "profile", "event_id": e["event_id"]})
        self.tables["user_preferences"].append({"user_id": order["user_id"], "exchanges": 1})
        self.row("products", order["product_id"])["sales_count"] += order["quantity"]

    def exchange(self, user, product, quantity, confirm, delivery):
        p = self.row("products", product)
        order = {"id": self.id("o"), "order_no": self.id("N"), "user_id": user, "product_id": product, "quantity": quantity,
                 "points_cost": p["price"] * quantity, "status": 0, "exchanged_at": None, "cancelled_at": None,
                 "created_at": NOW, "estimated_delivery": NOW, "delivery_info": json.dumps(delivery), "failure_code": None,
                 "settling": 0}
        if p["stock_quantity"] < quantity or self.row("users", user)["points_balance"] < order["points_cost"]:
            return 409, {"code": "out_of_stock"}
        self.tables["exchange_orders"].append(order)
        balance = self.points(user, -order["points_cost"], "mall_exchange", order["id"])
        self.count(order, 1)
        if confirm:
            self.stock(product, -quantity, 2, order["id"])
            self.exchanged(order)
        else:
            self.stock(product, -quantity, 3, order["id"])
            p["reserved_quantity"] += quantity
            self.event("mall.order.held", userId=user, productId=product, orderId=order["id"])
        return 201, {"exchangeOrderId": order["id"], "orderNo": order["order_no"], "remainingPoints": balance,
                     "estimatedDelivery": NOW.replace(" ", "T") + "Z", "success": True}

    def confirm(self, order):
        o = self.row("exchange_orders", order)
        if o["status"] != 0:
            return 409, {"code": "invalid_state"}
        self.stock(o["product_id"], o["quantity"], 4, order)
        self.stock(o["product_id"], -o["quantity"], 2, order)
        self.row("products", o["product_id"])["reserved_quantity"] -= o["quantity"]
        self.exchanged(o)
        return 200, {"exchangeOrderId": order, "remainingPoints": self.row("users", o["user_id"])["points_balance"],
                     "estimatedDelivery": NOW.replace(" ", "T") + "Z"}

    def cancel(self, order, at=NOW):
        o = self.row("exchange_orders", order)
        if o["status"] not in (0, 1):
            return 409, {"code": "invalid_state"}
        p = self.row("products", o["product_id"])
        self.stock(o["product_id"], o["quantity"], 1 if o["status"] else 4, order)
        p["sales_count" if o["status"] else "reserved_quantity"] -= o["quantity"]
        o["status"], o["cancelled_at"] = checker.CANCELLED, at
        self.count(o, -1)
        self.event("mall.order.cancelled", userId=o["user_id"], productId=o["product_id"], orderId=order)
        return 200, {"remainingPoints": self.points(o["user_id"], o["points_cost"], "mall_refund", order)}

    def release(self):
        """A hold's time is up."""
        held = [o["id"] for o in self.tables["exchange_orders"] if o["status"] == 0]
        if held:
            self.cancel(self.rng.choice(held), LATER)

    def adjust(self, user, points):
        if self.row("users", user)["points_balance"] + points < 0:
            return 409, {"code": "insufficient_points"}
        return 200, {"balance": self.points(user, points, "adjust", None)}

    def award(self, user, payment, points):
        if not any(r["related_id"] == payment for r in self.tables["points_records"]):
            self.points(user, points, "payment_reward", payment)
        return 200, {}

    def read(self, order):
        return 200, {"status": self.row("exchange_orders", order)["status"]}

    def balance(self, user):
        return 200, {"balance": self.row("users", user)["points_balance"]}

    # ---- its clients ----

    def call(self, kind, user, work, keyed=True, **args):
        """One operation: its answer may be lost, and its key then brings it back; now and then nobody asks again."""
        op, key, caller = self.id("op"), None, None
        if keyed:
            key, caller = self.id("k"), "user:" + user
        status, body = work()
        text = json.dumps(body, ensure_ascii=False)
        if keyed and status < 300:
            self.tables["idempotency_keys"].append({"caller": caller, "idem_key": key})
            self.tables["idempotency_answers"].append({"caller": caller, "idem_key": key, "status": status, "body": text})
        tries = self.rng.choice([["answer"], ["answer"], ["lost", "answer"], ["answer", "answer"], ["503", "lost", "answer"]])
        if kind != "award" and self.rng.random() < 0.05:
            tries = ["lost"]
        for n, what in enumerate(tries if keyed else ["answer"], 1):
            self.history.append({"ev": "invoke", "op": op, "try": n, "kind": kind, "user": user, "caller": caller, "key": key,
                                 "args": args})
            if what == "answer":
                self.history.append({"ev": "answer", "op": op, "try": n, "status": status, "replayed": n > 1, "body": text})
            elif what == "503":
                self.history.append({"ev": "answer", "op": op, "try": n, "status": 503, "replayed": False, "body": "{}"})
            else:
                self.history.append({"ev": "lost", "op": op, "try": n})
        return body if status < 300 and tries[-1] == "answer" else None

    def step(self):
        user, product = self.rng.choice(["u0", "u1", "u2"]), self.rng.choice(["p0", "p1", "p2"])
        mine = [o["id"] for o in self.tables["exchange_orders"] if o["user_id"] == user]
        kind = self.rng.choice(["exchange", "exchange", "hold", "confirm", "cancel", "adjust", "award", "order", "time"])
        if kind == "time":
            if self.rng.random() < 0.2:
                self.release()
        elif kind in ("exchange", "hold"):
            q, confirm = self.rng.randint(1, 3), kind == "exchange"
            self.call("exchange", user, lambda: self.exchange(user, product, q, confirm, DELIVERY), product=product,
                      quantity=q, confirm=confirm, delivery=DELIVERY)
        elif kind == "adjust":
            points = self.rng.randint(-50, 50) or 1
            self.call(kind, user, lambda: self.adjust(user, points), points=points)
        elif kind == "award":
            payment = self.id("pay")
            for _ in range(self.rng.randint(1, 2)):
                self.call(kind, user, lambda: self.award(user, payment, 7), keyed=False, payment=payment, points=7)
        elif mine:
            order = self.rng.choice(mine)
            work = {"confirm": self.confirm, "cancel": self.cancel, "order": self.read}[kind]
            self.call(kind, user, lambda: work(order), keyed=kind != "order", order=order)

    def end(self):
        self.history.append({"ev": "quiet"})
        for o in self.tables["exchange_orders"]:
            self.call("order", o["user_id"], lambda o=o: self.read(o["id"]), keyed=False, order=o["id"])
        for u in self.tables["users"]:
            self.call("balance", u["id"], lambda u=u: self.balance(u["id"]), keyed=False)
        return self


def worlds(seed, steps=200):
    m = Model(seed)
    for _ in range(steps):
        m.step()
    return m.end()


def objections(m):
    dump = [{"table": table, "row": row} for table, rows in m.tables.items() for row in rows]
    return checker.judge(checker.History(copy.deepcopy(m.history)), checker.Dump(copy.deepcopy(dump)))


@pytest.mark.parametrize("seed", range(20))
def test_a_right_mall_passes(seed):
    m = worlds(seed)
    assert objections(m) == []
    statuses = {o["status"] for o in m.tables["exchange_orders"]}
    assert statuses == {0, 1, 4}, "the model must come by every kind of order"
    outcomes = {op.outcome for op in checker.History(m.history).ops.values()}
    assert outcomes == {"ok", "failed", "unknown"}


# ---- ways of spoiling it ----

def acknowledged(m, *kinds):
    """The answers of 2xx of these kinds, each with its invocation."""
    asked = {(h["op"], h["try"]): h for h in m.history if h["ev"] == "invoke" and h["kind"] in kinds}
    return [(asked[h["op"], h["try"]], h) for h in m.history
            if h["ev"] == "answer" and 200 <= h["status"] < 300 and (h["op"], h["try"]) in asked]


def drop(m, table, row):
    m.tables[table].remove(row)


def an_order(m, status=None, answered=True):
    known = {json.loads(a["body"]).get("exchangeOrderId") for _, a in acknowledged(m, "exchange")}
    return m.rng.choice([o for o in m.tables["exchange_orders"] if (status is None or o["status"] == status)
                         and (not answered or o["id"] in known)])


def any_row(m, table, **want):
    return m.rng.choice([r for r in m.tables[table] if all(r[k] == v for k, v in want.items())])


def order_lost(m):
    drop(m, "exchange_orders", an_order(m))


def exchange_lost_whole(m):
    """As by a power failure: nothing of it is left, and all that is left agrees with itself."""
    asked, answer = m.rng.choice([(i, a) for i, a in acknowledged(m, "exchange") if not a["replayed"]])
    fresh = Model(0)
    m.tables = fresh.tables


def order_of_nobody(m):
    order = dict(an_order(m), id="o-x", order_no="N-x")
    m.tables["exchange_orders"].append(order)


def failed_order_there(m):
    """It was refused, and it is there, with its key."""
    asked, answer = next((i, a) for i, a in zip(m.history, m.history[1:]) if i["ev"] == "invoke" and i["kind"] == "exchange"
                         and i["try"] == 1 and a["ev"] == "answer" and a["status"] == 201)
    for h in m.history:
        if h.get("op") == asked["op"] and h["ev"] == "answer":
            h["status"], h["body"] = 409, '{"code":"out_of_stock"}'
        elif h.get("op") == asked["op"] and h["ev"] == "lost":
            h.update(ev="answer", status=409, replayed=False, body='{"code":"out_of_stock"}')


def other_quantity(m):
    an_order(m)["quantity"] += 1


def other_cost(m):
    an_order(m)["points_cost"] += 1


def other_receiver(m):
    an_order(m)["delivery_info"] = json.dumps(dict(DELIVERY, receiverName="李四"))


def other_promise(m):
    confirmed = {h["args"]["order"] for h in m.history if h.get("kind") == "confirm"}
    known = {json.loads(a["body"])["exchangeOrderId"] for _, a in acknowledged(m, "exchange")}
    order = m.rng.choice([o for o in m.tables["exchange_orders"] if o["id"] in known - confirmed])
    order["estimated_delivery"] = "2026-11-23 05:00:00"


def cancelled_by_nobody(m):
    an_order(m, 1)["status"] = 4


def released_too_early(m):
    m.__dict__ = Model(0).__dict__      # where there is something to be held
    for _ in range(3):
        m.call("exchange", "u0", lambda: m.exchange("u0", "p0", 1, False, DELIVERY), product="p0", quantity=1, confirm=False,
               delivery=DELIVERY)
    assert objections(m) == []
    m.cancel(an_order(m, 0)["id"], "2026-11-22 05:14:57.000")


def cancellation_forgotten(m):
    done = {i["args"]["order"] for i, _ in acknowledged(m, "cancel")}
    m.rng.choice([o for o in m.tables["exchange_orders"] if o["id"] in done])["status"] = 1


def hold_became_confirmed(m):
    done = {h["args"]["order"] for h in m.history if h.get("kind") == "confirm"}
    m.rng.choice([o for o in m.tables["exchange_orders"] if o["status"] == 0 and o["id"] not in done])["status"] = 1


def record_missing(m):
    u = any_row(m, "users")
    drop(m, "points_records", any_row(m, "points_records", user_id=u["id"], seq=u["points_seq"] // 2))


def last_record_missing(m):
    u = any_row(m, "users")
    drop(m, "points_records", any_row(m, "points_records", user_id=u["id"], seq=u["points_seq"]))


def record_twice(m):
    r = dict(any_row(m, "points_records"), id="r-x")
    m.tables["points_records"].append(r)


def balance_off(m):
    any_row(m, "users")["points_balance"] += 1


def fortune(m):
    """Beyond what the unknown could be, and with nothing in the tables that would not agree."""
    r = any_row(m, "points_records", type="mall_refund")
    for other in m.tables["points_records"]:
        if other["user_id"] == r["user_id"] and other["seq"] >= r["seq"]:
            other["balance_after"] += 10000
    r["points"] += 10000
    m.row("users", r["user_id"])["points_balance"] += 10000


def pieces_from_nowhere(m):
    any_row(m, "products")["stock_quantity"] += 1000


def update_lost(m):
    """Two that read the same balance: the later one wrote over what the earlier one took. The records of each are there."""
    r = any_row(m, "points_records", type="mall_exchange")
    for other in m.tables["points_records"]:
        if other["user_id"] == r["user_id"] and other["seq"] >= r["seq"]:
            other["balance_after"] -= r["points"]
    m.row("users", r["user_id"])["points_balance"] -= r["points"]


def refund_without_cancel(m):
    o = an_order(m, 1)
    m.points(o["user_id"], o["points_cost"], "mall_refund", o["id"])


def refund_twice(m):
    o = an_order(m, 4, answered=False)
    m.points(o["user_id"], o["points_cost"], "mall_refund", o["id"])


def refund_forgotten(m):
    """Consistently: the record is not there, and the balance and those after it do not know of it."""
    r = any_row(m, "points_records", type="mall_refund")
    drop(m, "points_records", r)
    for other in m.tables["points_records"]:
        if other["user_id"] == r["user_id"] and other["seq"] > r["seq"]:
            other["seq"] -= 1
            other["balance_after"] -= r["points"]
    u = m.row("users", r["user_id"])
    u["points_balance"] -= r["points"]
    u["points_seq"] -= 1


def adjusted_twice(m):
    asked, _ = m.rng.choice(acknowledged(m, "adjust"))
    m.points(asked["user"], asked["args"]["points"], "adjust", None)


def adjusted_by_nobody(m):
    m.points("u0", 12345, "adjust", None)


def awarded_twice(m):
    asked, _ = m.rng.choice(acknowledged(m, "award"))
    m.points(asked["user"], 7, "payment_reward", asked["args"]["payment"])


def awarded_otherwise(m):
    any_row(m, "points_records", type="payment_reward")["points"] += 1


def awarded_for_nothing(m):
    m.points("u0", 7, "payment_reward", "pay-x")


def expired_for_nothing(m):
    m.points("u0", -1, "expire", None)


def stock_off(m):
    any_row(m, "products")["stock_quantity"] += 1


def stock_below_zero(m):
    p = any_row(m, "products")
    for r in m.tables["inventory_records"]:
        if r["product_id"] == p["id"]:
            r["stock_after"] -= 100
    p["stock_quantity"] -= 100


def stock_record_missing(m):
    p = any_row(m, "products")
    drop(m, "inventory_records", any_row(m, "inventory_records", product_id=p["id"], seq=p["stock_seq"] // 2))


def stock_record_gap(m):
    p = any_row(m, "products")
    any_row(m, "inventory_records", product_id=p["id"], seq=p["stock_seq"])["seq"] += 1
    p["stock_seq"] += 1


def oversold(m):
    """A piece more went out than the records say: one was written over."""
    r = m.rng.choice([r for r in m.tables["inventory_records"] if r["change_type"] == 2])
    drop(m, "inventory_records", r)
    for other in m.tables["inventory_records"]:
        if other["product_id"] == r["product_id"] and other["seq"] > r["seq"]:
            other["seq"] -= 1
            other["stock_after"] -= r["quantity_change"]
    p = m.row("products", r["product_id"])
    p["stock_quantity"] -= r["quantity_change"]
    p["stock_seq"] -= 1


def stock_back_twice(m):
    o = an_order(m, 4, answered=False)
    m.stock(o["product_id"], o["quantity"], 1, o["id"])


def stock_of_no_order(m):
    m.stock("p0", -1, 2, "o-x")


def reserved_off(m):
    any_row(m, "products")["reserved_quantity"] += 1


def sales_off(m):
    any_row(m, "products")["sales_count"] -= 1


def counter_off(m):
    any_row(m, "purchase_counters")["quantity"] += 1


def counter_missing(m):
    drop(m, "purchase_counters", m.rng.choice([r for r in m.tables["purchase_counters"] if r["quantity"]]))


def over_the_limit(m):
    m.history[0]["products"]["p0"]["limit"] = 1


def replayed(m):
    """Replays of answers that had come at the first try."""
    came = {a["op"] for _, a in acknowledged(m, "exchange", "cancel", "adjust") if not a["replayed"]}
    return [a for _, a in acknowledged(m, "exchange", "cancel", "adjust") if a["replayed"] and a["op"] in came]


def replay_differs(m):
    m.rng.choice(replayed(m))["body"] += " "


def done_twice_under_a_key(m):
    m.rng.choice(replayed(m))["replayed"] = False


def one_order_for_two(m):
    (_, first), (other, second) = [x for x in acknowledged(m, "exchange") if not x[1]["replayed"]][:2]
    for h in m.history:
        if h["ev"] == "answer" and h["op"] == other["op"]:
            h["body"] = first["body"]
    assert second["body"] == first["body"]


def cancelled_twice(m):
    asked, answer = m.rng.choice([x for x in acknowledged(m, "cancel") if not x[1]["replayed"]])
    at = len(m.history) - 1
    m.history[at:at] = [dict(asked, op="op-x", key="k-x"), dict(answer, op="op-x")]
    m.tables["idempotency_keys"].append({"caller": asked["caller"], "idem_key": "k-x"})
    m.tables["idempotency_answers"].append({"caller": asked["caller"], "idem_key": "k-x", "status": 200, "body": answer["body"]})


def key_forgotten(m):
    asked, _ = m.rng.choice(acknowledged(m, "exchange", "cancel"))
    for table in ("idempotency_keys", "idempotency_answers"):
        m.tables[table] = [r for r in m.tables[table] if r["idem_key"] != asked["key"]]


def key_without_answer(m):
    drop(m, "idempotency_answers", any_row(m, "idempotency_answers"))


def key_of_nobody(m):
    for table in ("idempotency_keys", "idempotency_answers"):
        m.tables[table].append({"caller": "user:u0", "idem_key": "k-x", "status": 200, "body": "{}"})


def key_with_other_answer(m):
    asked, _ = m.rng.choice(acknowledged(m, "exchange", "cancel"))
    any_row(m, "idempotency_answers", idem_key=asked["key"])["body"] = "{}"


def told_another_balance(m):
    asked, _ = m.rng.choice(acknowledged(m, "exchange", "cancel"))
    for h in m.history:
        if h["ev"] == "answer" and h["op"] == asked["op"] and h["status"] < 300:
            body = dict(json.loads(h["body"]), remainingPoints=json.loads(h["body"])["remainingPoints"] + 1)
            h["body"] = json.dumps(body)
    any_row(m, "idempotency_answers", idem_key=asked["key"])["body"] = json.dumps(body)


def order_event_missing(m):
    drop(m, "outbox", m.rng.choice([e for e in m.tables["outbox"] if e["event_type"].startswith("mall.")]))


def order_event_twice(m):
    e = m.rng.choice([e for e in m.tables["outbox"] if e["event_type"].startswith("mall.")])
    m.tables["outbox"].append(dict(e, event_id="e-x", state=0))


def order_event_of_nothing(m):
    m.event("mall.order.cancelled", userId="u0", productId="p0", orderId="o-x")


def order_event_says_otherwise(m):
    any_row(m, "outbox", event_type="mall.product.exchanged")["payload"]["pointsCost"] += 1


def points_event_missing(m):
    drop(m, "outbox", m.rng.choice([e for e in m.tables["outbox"] if e["event_type"].startswith("points.")]))


def points_event_says_otherwise(m):
    m.rng.choice([e for e in m.tables["outbox"] if e["event_type"].startswith("points.")])["payload"]["balanceAfter"] += 1


def event_not_applied(m):
    drop(m, "consumed_events", any_row(m, "consumed_events"))


def event_applied_twice(m):
    any_row(m, "user_preferences")["exchanges"] += 1


def event_with_a_name(m):
    any_row(m, "outbox")["payload"]["receiverName"] = "王小明"


def read_missed_it(m):
    """Acknowledged, and then not found."""
    known = {json.loads(a["body"])["exchangeOrderId"] for _, a in acknowledged(m, "exchange")}
    a = m.rng.choice([a for i, a in acknowledged(m, "order") if i["args"]["order"] in known])
    a["status"] = 404


def read_was_stale(m):
    done = {i["args"]["order"] for i, _ in acknowledged(m, "cancel")}
    a = m.rng.choice([a for i, a in acknowledged(m, "order")[-len(m.tables["exchange_orders"]):] if i["args"]["order"] in done])
    a["body"] = json.dumps({"status": 1})


def balance_read_is_off(m):
    a = m.rng.choice([a for _, a in acknowledged(m, "balance")])
    a["body"] = json.dumps({"balance": json.loads(a["body"])["balance"] + 1})


def user_gone(m):
    drop(m, "users", any_row(m, "users"))


def saga_stuck(m):
    m.tables["sagas"].append({"id": "s-x", "order_id": "o-x", "state": 4, "attempts": 9})


SPOILERS = [
    (order_lost, "lost"), (exchange_lost_whole, "lost"), (order_of_nobody, "extra"), (failed_order_there, "extra"),
    (other_quantity, "lost"), (other_cost, "lost"), (other_receiver, "lost"), (other_promise, "lost"),
    (cancelled_by_nobody, "status"), (cancellation_forgotten, "status"), (hold_became_confirmed, "status"), (released_too_early, "status"),
    (record_missing, "points-chain"), (last_record_missing, "points-chain"), (record_twice, "points-chain"),
    (balance_off, "points-chain"), (update_lost, "points-chain"), (fortune, "points-kept"), (fortune, "points-cause"),
    (refund_without_cancel, "points-cause"), (refund_twice, "points-cause"), (refund_forgotten, "points-cause"),
    (adjusted_twice, "points-cause"), (adjusted_by_nobody, "points-cause"),
    (adjusted_by_nobody, "points-kept"), (awarded_twice, "points-cause"), (awarded_otherwise, "points-cause"),
    (awarded_for_nothing, "points-cause"), (expired_for_nothing, "points-cause"), (expired_for_nothing, "total"),
    (stock_off, "stock-chain"), (pieces_from_nowhere, "stock-kept"), (stock_off, "total"), (stock_below_zero, "stock-chain"),
    (stock_below_zero, "stock-kept"), (stock_record_missing, "stock-chain"), (stock_record_gap, "stock-chain"),
    (oversold, "stock-cause"), (oversold, "total"), (stock_back_twice, "stock-cause"),
    (stock_of_no_order, "stock-cause"), (reserved_off, "total"), (sales_off, "total"), (counter_off, "counter"),
    (counter_missing, "counter"), (over_the_limit, "counter"), (replay_differs, "replay"), (done_twice_under_a_key, "replay"),
    (one_order_for_two, "once"), (cancelled_twice, "once"), (key_forgotten, "key"), (key_without_answer, "key"),
    (key_of_nobody, "key"), (key_with_other_answer, "key"), (failed_order_there, "key"), (told_another_balance, "points-told"),
    (order_event_missing, "event-order"), (order_event_twice, "event-order"), (order_event_of_nothing, "event-order"),
    (order_event_says_otherwise, "event-order"), (points_event_missing, "event-points"),
    (points_event_says_otherwise, "event-points"), (event_not_applied, "event-applied"),
    (event_applied_twice, "event-applied"), (event_with_a_name, "event-applied"), (read_missed_it, "read"),
    (read_was_stale, "read"), (balance_read_is_off, "read"), (user_gone, "points-kept"), (saga_stuck, "saga"),
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("spoil,what", SPOILERS, ids=[f"{s.__name__}-{c}" for s, c in SPOILERS])
def test_it_objects(spoil, what, seed):
    m = worlds(seed)
    spoil(m)
    found = objections(m)
    assert what in {f.partition(":")[0] for f in found}, found[:10]


def test_every_check_is_seen_to_object():
    assert {what for _, what in SPOILERS} == set(checker.CHECKS)


def test_as_a_program(tmp_path):
    m = worlds(1)
    for n, spoiled in enumerate((False, True)):
        if spoiled:
            balance_off(m)
        (tmp_path / "h").write_text("".join(json.dumps(h) + "\n" for h in m.history))
        (tmp_path / "d").write_text("".join(json.dumps({"table": t, "row": r}) + "\n" for t, rows in m.tables.items()
                                            for r in rows))
        done = subprocess.run([sys.executable, checker.__file__, tmp_path / "h", tmp_path / "d"], capture_output=True, text=True,
                              check=False)
        assert done.returncode == n, done
        assert ("points-chain: " in done.stdout) == spoiled
