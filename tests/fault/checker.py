#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The judge: holds what clients saw against what is in the tables at the end. It knows neither the program nor its
statements, and reads two files of JSON lines:

  checker.py HISTORY DUMP     prints each breach as "CLASS: text"; exit status 1 where there is one

HISTORY, in the order of events:
  {"ev":"setup","users":{id:points},"products":{id:{"stock":n,"price":n,"limit":n or null}}}
  {"ev":"invoke","op":id,"try":n,"kind":…,"user":id,"caller":…,"key":… or null,"args":{…}}
  {"ev":"answer","op":id,"try":n,"status":n,"replayed":bool,"body":text}
  {"ev":"lost","op":id,"try":n}         no answer came
  {"ev":"quiet"}                        everything is up again, nothing is under way any more

Kinds: exchange {product,quantity,confirm,delivery}, confirm {order}, cancel {order}, adjust {points},
award {payment,points}, order {order} (a read), balance (a read).

An answer of 2xx is acknowledged; a 4xx failed for good, but for 408 and idempotency_in_progress; anything else, and no
answer, is unknown. What was asked again after the quiet is known: by then an earlier try has come to its end.

DUMP: {"table":name,"row":{column:value}}; where the points lie in a database of their own, also "db":"points"."""

import collections
import datetime
import json
import sys

PENDING, CONFIRMED, SHIPPED, COMPLETED, CANCELLED, RETURN_ASKED, RETURNED = range(7)
OUT = {CONFIRMED, SHIPPED, COMPLETED, RETURN_ASKED}
STOCK_IN, STOCK_OUT, STOCK_HELD, STOCK_RELEASED = 1, 2, 3, 4
POINTS_EVENT = {"mall_exchange": "points.consumed", "mall_refund": "points.refunded", "adjust": "points.adjusted",
                "payment_reward": "points.awarded", "expire": "points.expired", "payment_refund": "points.consumed",
                "debt_settlement": "points.consumed"}
HOLD_S = 15 * 60
PERSONAL = ("receiverName", "receiverPhone", "address", "phone")


def lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


# ---- what clients saw ----

class Try:
    def __init__(self, line, at, quiet):
        self.at = at                    # where in the history it began
        self.quiet = quiet              # it began when nothing else was under way
        self.status = None
        self.replayed = False
        self.body = None
        self.answered_at = None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def outcome(self):
        if self.status is None or self.status >= 500 or self.status == 408 or self.status < 200:
            return "unknown"
        if self.status < 300:
            return "ok"
        if self.status == 409 and '"idempotency_in_progress"' in (self.body or ""):
            return "unknown"
        return "failed"


class Op:
    def __init__(self, line):
        self.id, self.kind, self.user = line["op"], line["kind"], line.get("user")
        self.caller, self.key, self.args = line.get("caller"), line.get("key"), line.get("args") or {}
        self.tries = []

    @property
    def acknowledged(self):
        return [t for t in self.tries if t.outcome == "ok"]

    @property
    def outcome(self):
        if self.acknowledged:
            return "ok"
        last = self.tries[-1]
        if last.quiet and last.outcome == "failed" or all(t.outcome == "failed" for t in self.tries):
            return "failed"
        return "unknown"

    @property
    def answer(self):
        return self.acknowledged[0].json

    def __str__(self):
        return f"{self.kind} {self.id} of user {self.user}"


class History:
    def __init__(self, path_or_lines):
        self.users, self.products, self.ops, self.orders_read = {}, {}, {}, []
        tries, quiet = {}, False
        for at, line in enumerate(path_or_lines if isinstance(path_or_lines, list) else lines(path_or_lines)):
            if line["ev"] == "setup":
                self.users.update(line["users"])
                self.products.update(line["products"])
            elif line["ev"] == "quiet":
                quiet = True
            elif line["ev"] == "invoke":
                op = self.ops.setdefault(line["op"], Op(line))
                tries[line["op"], line["try"]] = t = Try(line, at, quiet)
                op.tries.append(t)
            elif line["ev"] == "answer":
                t = tries[line["op"], line["try"]]
                t.status, t.replayed, t.body, t.answered_at = line["status"], line["replayed"], line["body"], at

    def of(self, *kinds):
        return [op for op in self.ops.values() if op.kind in kinds]


# ---- what is there ----

class Dump:
    def __init__(self, path_or_lines):
        self.tables = collections.defaultdict(list)
        self.apart = collections.defaultdict(list)
        for line in path_or_lines if isinstance(path_or_lines, list) else lines(path_or_lines):
            (self.apart if line.get("db") == "points" else self.tables)[line["table"]].append(line["row"])

    def __getitem__(self, name):
        return self.tables.get(name, [])

    def points(self, name):
        """A table of the points, wherever they lie."""
        return self.apart.get(name, []) if self.apart else self[name]


def structure(value):
    return json.loads(value) if isinstance(value, str) else value


def grouped(rows, key):
    out = collections.defaultdict(list)
    for row in rows:
        out[key(row)].append(row)
    return out


class World:
    """Both, and what belongs together."""

    def __init__(self, history, dump):
        self.history, self.dump = history, dump
        self.orders = {o["id"]: o for o in dump["exchange_orders"]}
        self.users = {u["id"]: u for u in dump.points("users")}
        self.products = {p["id"]: p for p in dump["products"]}
        self.records = grouped(dump.points("points_records"), lambda r: r["user_id"])
        self.stock_records = grouped(dump["inventory_records"], lambda r: r["product_id"])
        self.answers = {(a["caller"], a["idem_key"]): a for a in dump["idempotency_answers"]}
        for event in dump["outbox"]:
            event["payload"] = structure(event["payload"])
        for group in list(self.records.values()) + list(self.stock_records.values()):
            group.sort(key=lambda r: r["seq"])
        self.moves = {kind: grouped(history.of(kind), lambda op: op.args["order"]) for kind in ("confirm", "cancel")}
        self.asked = self.origins()

    def origins(self):
        """Order id: the exchange that made it; by its answer, or by its key where no answer came."""
        found = {}
        for op in self.history.of("exchange"):
            if op.outcome == "ok":
                found.setdefault(op.answer["exchangeOrderId"], op)
            elif (row := self.answers.get((op.caller, op.key))) is not None:
                found.setdefault(structure(row["body"])["exchangeOrderId"], op)
        return found

    def by_time(self, order):
        """Whether it was a hold whose time was up."""
        return order["exchanged_at"] is None and bool(order["cancelled_at"]) and (
            when(order["cancelled_at"]) - when(order["created_at"])).total_seconds() >= HOLD_S - 2

    def statuses(self, order, op):
        """What the order may be now, going by what clients saw."""
        outcomes = {kind: {o.outcome for o in self.moves[kind].get(order["id"], ())} for kind in self.moves}
        if "ok" in outcomes["cancel"]:
            return {CANCELLED}
        may = {CONFIRMED} if op.args.get("confirm", True) or "ok" in outcomes["confirm"] else {PENDING}
        if "unknown" in outcomes["confirm"]:
            may.add(CONFIRMED)
        if "unknown" in outcomes["cancel"] or (order["status"] == CANCELLED and self.by_time(order)):
            may.add(CANCELLED)
        if op.outcome == "ok" and op.answer.get("settling") and order.get("failure_code"):
            may.add(CANCELLED)
        return may


# ---- the checks ----

def acknowledged_is_there(w):
    for op in w.history.of("exchange"):
        if op.outcome != "ok":
            continue
        a, order = op.answer, w.orders.get(op.answer["exchangeOrderId"])
        if order is None:
            yield f"{op}: acknowledged, and there is no order {a['exchangeOrderId']}"
            continue
        price = w.history.products[op.args["product"]]["price"]
        want = {"order_no": a["orderNo"], "user_id": op.user, "product_id": op.args["product"],
                "quantity": op.args["quantity"], "points_cost": price * op.args["quantity"]}
        for column, value in want.items():
            if order[column] != value:
                yield f"{op}: order {order['id']} has {column} {order[column]!r}, not {value!r}"
        told = structure(order["delivery_info"]) or {}
        for name, value in op.args.get("delivery", {}).items():
            if told.get(name) != value:
                yield f"{op}: order {order['id']} goes to another {name}"
        if moment(order["estimated_delivery"]) not in promises(w, op):
            yield f"{op}: order {order['id']} is estimated for {order['estimated_delivery']}, which nobody was told"


def promises(w, op):
    """The times of delivery that clients were told last: a confirmation tells anew."""
    confirms = w.moves["confirm"].get(op.answer["exchangeOrderId"], ())
    if op.answer.get("settling") or any(c.outcome == "unknown" for c in confirms):
        return Anything()               # it is confirmed later than the answer, and nobody was told when
    last = [c for c in confirms if c.outcome == "ok"] or [op]
    return [moment(o.answer["estimatedDelivery"]) for o in last]


class Anything:
    def __contains__(self, _):
        return True


def when(text):
    return datetime.datetime.fromisoformat(moment(text))


def moment(text):
    return (text or "").replace("T", " ").replace("Z", "").partition(".")[0]


def came_to_nothing(w, order):
    """Held while its points were asked for elsewhere, which were not to be had: it is there, cancelled, and took nothing."""
    return order["status"] == CANCELLED and order.get("failure_code") and any(
        (op.user, op.args["product"], op.args["quantity"]) == (order["user_id"], order["product_id"], order["quantity"])
        and len(op.tries) > len(op.acknowledged) for op in w.history.of("exchange"))


def there_was_asked_for(w):
    for order in w.orders.values():
        op = w.asked.get(order["id"])
        if op is None and came_to_nothing(w, order):
            continue
        if op is None:
            yield f"order {order['id']} of user {order['user_id']}: nobody asked for it"
        elif op.outcome == "failed":
            yield f"order {order['id']}: {op} failed, and it is there"
        elif (order["user_id"], order["product_id"], order["quantity"]) != (
                op.user, op.args["product"], op.args["quantity"]):
            yield f"order {order['id']}: {op} asked for something else"


def statuses_follow(w):
    for order in w.orders.values():
        op = w.asked.get(order["id"])
        if op is None:
            continue
        may = w.statuses(order, op)
        if order["status"] not in may:
            yield f"order {order['id']}: status {order['status']}, clients saw what makes it {sorted(may)}"
        if order.get("settling"):
            yield f"order {order['id']}: still settling"


def one_effect_a_key(w):
    for kind, by_order in w.moves.items():
        for order, ops in by_order.items():
            done = [op for op in ops if op.outcome == "ok"]
            if len(done) > 1:
                yield f"order {order}: {kind} was acknowledged {len(done)} times, under different keys"
    made = grouped([op for op in w.history.of("exchange") if op.outcome == "ok"], lambda op: op.answer["exchangeOrderId"])
    for order, ops in made.items():
        if len(ops) > 1:
            yield f"order {order} was answered to {len(ops)} exchanges"
    numbers = collections.Counter(o["order_no"] for o in w.orders.values())
    yield from (f"order number {n} is given {k} times" for n, k in numbers.items() if k > 1)


def replays_agree(w):
    for op in w.history.ops.values():
        if op.key is None:
            continue
        first = [t for t in op.acknowledged if not t.replayed]
        if len(first) > 1:
            yield f"{op}: done {len(first)} times under one key"
        if len({(t.status, t.body) for t in op.acknowledged}) > 1:
            yield f"{op}: its replays differ"


def keys_are_kept(w):
    claims = {(k["caller"], k["idem_key"]) for k in w.dump["idempotency_keys"]}
    for key in claims ^ set(w.answers):
        yield f"key {key}: a claim without an answer, or an answer without a claim"
    known = {}
    for op in w.history.ops.values():
        if op.key is None:
            continue
        known[op.caller, op.key] = op
        row = w.answers.get((op.caller, op.key))
        if op.outcome == "ok" and row is None:
            yield f"{op}: acknowledged, and its key {op.key} is not kept"
        elif op.outcome == "ok" and (row["status"], row["body"]) != (op.acknowledged[0].status, op.acknowledged[0].body):
            yield f"{op}: another answer is kept than was given"
        elif op.outcome == "failed" and row is not None:
            yield f"{op}: failed, and its key {op.key} is kept"
    for key in set(w.answers) - set(known):
        yield f"key {key} is kept, and nobody sent it"


def points_are_chained(w):
    for user, u in w.users.items():
        balance, records = 0, w.records.get(user, [])
        if [r["seq"] for r in records] != list(range(1, len(records) + 1)):
            yield f"user {user}: records are numbered {[r['seq'] for r in records]}"
        for r in records:
            balance += r["points"]
            if r["balance_after"] != balance or balance < 0:
                yield f"user {user}: record {r['seq']} of {r['points']} says {r['balance_after']}, not {balance}"
        if (u["points_balance"], u["points_seq"]) != (balance, len(records)):
            yield (f"user {user}: balance {u['points_balance']} after {u['points_seq']} records, the records say {balance} "
                   f"after {len(records)}")
    for user in set(w.records) - set(w.users):
        yield f"user {user} has records, and is not there"


def points_have_causes(w):
    taken, back, adjusted, awarded = (collections.defaultdict(list) for _ in range(4))
    place = {"mall_exchange": taken, "mall_refund": back, "adjust": adjusted, "payment_reward": awarded}
    for user, records in w.records.items():
        start = w.history.users.get(user, 0)
        if start and (not records or (records[0]["type"], records[0]["points"]) != ("adjust", start)):
            yield f"user {user}: began with {start}, and no record says so"
        for r in records[1 if start else 0:]:
            if r["type"] not in place:
                yield f"user {user}: record {r['seq']} is {r['type']}, which nobody asked for"
                continue
            place[r["type"]][(user, r["points"]) if r["type"] == "adjust" else r["related_id"]].append(r)
    yield from orders_are_paid(w, taken, back)
    yield from adjustments_are_there(w, adjusted)
    yield from awards_are_there(w, awarded)


def orders_are_paid(w, taken, back):
    for order in w.orders.values():
        unpaid = order["status"] == CANCELLED and order.get("failure_code")
        for name, found, sign, times in (
                ("taken", taken, -1, None if unpaid else 1),
                ("given back", back, 1, None if unpaid else int(order["status"] in (CANCELLED, RETURNED)))):
            rows = found.pop(order["id"], [])
            if times is not None and len(rows) != times:
                yield f"order {order['id']}, status {order['status']}: points {name} {len(rows)} times"
            for r in rows:
                if (r["user_id"], r["points"]) != (order["user_id"], sign * order["points_cost"]):
                    yield f"order {order['id']} costs {order['points_cost']}: {r['points']} {name} for {r['user_id']}"
            order["records " + name] = len(rows)
        if order["records taken"] - order["records given back"] != (order["status"] not in (CANCELLED, RETURNED)):
            yield (f"order {order['id']}, status {order['status']}: points taken {order['records taken']} times, given back "
                   f"{order['records given back']} times")
    for order in list(taken) + list(back):
        yield f"points moved for order {order}, which is not there"


def adjustments_are_there(w, adjusted):
    asked = grouped(w.history.of("adjust"), lambda op: (op.user, op.args["points"]))
    for what in set(asked) | set(adjusted):
        outcomes = collections.Counter(op.outcome for op in asked.get(what, ()))
        n = len(adjusted.get(what, ()))
        if not outcomes["ok"] <= n <= outcomes["ok"] + outcomes["unknown"]:
            yield (f"user {what[0]}: adjusted by {what[1]} {n} times, acknowledged {outcomes['ok']}, "
                   f"unknown {outcomes['unknown']}")


def awards_are_there(w, awarded):
    asked = grouped(w.history.of("award"), lambda op: op.args["payment"])
    for payment in set(asked) | set(awarded):
        ops, rows = asked.get(payment, ()), awarded.get(payment, ())
        known = any(op.outcome == "ok" for op in ops)
        if len(rows) > 1 or (known and not rows) or (rows and not any(op.outcome != "failed" for op in ops)):
            yield f"payment {payment}: awarded {len(rows)} times, {'told' if known else 'not known to have been told'}"
        for r in rows:
            if ops and (r["user_id"], r["points"]) != (ops[0].user, ops[0].args["points"]):
                yield f"payment {payment}: {r['points']} for user {r['user_id']}, not {ops[0].args['points']}"


def answers_tell_the_balance(w):
    after = {(r["related_id"], r["type"]): r["balance_after"] for rs in w.records.values() for r in rs if r["related_id"]}
    balances = {user: {r["balance_after"] for r in rs} for user, rs in w.records.items()}
    for op in w.history.of("exchange", "cancel", "confirm"):
        if op.outcome != "ok" or op.answer.get("remainingPoints") is None:
            continue
        told = op.answer["remainingPoints"]
        if op.kind == "confirm" or w.dump.apart:    # apart, a step that is made sure of tells how things are by then
            if told not in balances.get(op.user, ()):
                yield f"{op}: told of {told} points, which the user never had"
            continue
        order = op.answer["exchangeOrderId"] if op.kind == "exchange" else op.args["order"]
        really = after.get((order, "mall_exchange" if op.kind == "exchange" else "mall_refund"))
        if really != told:
            yield f"{op}: told of {told} points, the record says {really}"


def nobody_lost_points(w):
    """From the history alone: each user's balance, within what is unknown."""
    for user, start in w.history.users.items():
        low = high = start
        for op in w.history.of("adjust", "award"):
            if op.user != user:
                continue
            points = op.args["points"]
            if op.outcome == "ok" and (op.kind == "adjust" or is_first(w, op)):
                low, high = low + points, high + points
            elif op.outcome == "unknown":
                low, high = low + min(points, 0), high + max(points, 0)
        for op in w.history.of("exchange"):
            if op.user == user:
                least, most = cost_of(w, op)
                low, high = low - most, high - least
        row = w.users.get(user)
        if row is None:
            yield f"user {user} is not there"
        elif not low <= row["points_balance"] <= high:
            yield f"user {user} has {row['points_balance']} points, going by the answers {low} to {high}"


def is_first(w, op):
    """Of the notices of one payment that were acknowledged: only one counts."""
    same = [o for o in w.history.of("award") if o.args["payment"] == op.args["payment"] and o.outcome == "ok"]
    return same[0] is op


def kept(w, op):
    """How often, at least and at most, what this exchange took is still taken."""
    if op.outcome == "failed":
        return 0, 0
    order = w.orders.get(op.answer["exchangeOrderId"]) if op.outcome == "ok" else None
    if op.outcome == "unknown":
        return 0, 1
    if order is None:
        return 1, 1
    may = w.statuses(order, op)
    return int(may.isdisjoint({CANCELLED})), int(may != {CANCELLED})


def cost_of(w, op):
    cost = w.history.products[op.args["product"]]["price"] * op.args["quantity"]
    return [cost * n for n in kept(w, op)]


def nobody_lost_pieces(w):
    for product, start in w.history.products.items():
        low = high = start["stock"]
        for op in w.history.of("exchange"):
            if op.args["product"] == product:
                least, most = kept(w, op)
                low, high = low - most * op.args["quantity"], high - least * op.args["quantity"]
        row = w.products.get(product)
        if row is None:
            yield f"product {product} is not there"
        elif not low <= row["stock_quantity"] <= high or row["stock_quantity"] < 0:
            yield f"product {product} has {row['stock_quantity']} pieces, going by the answers {low} to {high}"


def stock_is_chained(w):
    for product, p in w.products.items():
        stock, records = 0, w.stock_records.get(product, [])
        if [r["seq"] for r in records] != list(range(1, len(records) + 1)):
            yield f"product {product}: records are numbered {[r['seq'] for r in records]}"
        for r in records:
            stock += r["quantity_change"]
            if r["stock_after"] != stock or stock < 0:
                yield f"product {product}: record {r['seq']} of {r['quantity_change']} says {r['stock_after']}, not {stock}"
        if (p["stock_quantity"], p["stock_seq"]) != (stock, len(records)):
            yield (f"product {product}: {p['stock_quantity']} pieces after {p['stock_seq']} records, the records say {stock} "
                   f"after {len(records)}")
    for product in set(w.stock_records) - set(w.products):
        yield f"product {product} has records, and is not there"


def pieces_have_causes(w):
    by_order = collections.defaultdict(collections.Counter)
    for product, records in w.stock_records.items():
        start = w.history.products.get(product, {"stock": 0})["stock"]
        if start and (not records or (records[0]["change_type"], records[0]["quantity_change"]) != (STOCK_IN, start)):
            yield f"product {product}: began with {start}, and no record says so"
        for r in records[1 if start else 0:]:
            order = w.orders.get(r["related_order_id"])
            if order is None or order["product_id"] != product:
                yield f"product {product}: record {r['seq']} is for order {r['related_order_id']}, which is not there"
                continue
            sign = 1 if r["change_type"] in (STOCK_IN, STOCK_RELEASED) else -1
            if r["quantity_change"] != sign * order["quantity"]:
                yield f"product {product}: record {r['seq']}, type {r['change_type']}, changes {r['quantity_change']}"
            by_order[order["id"]][r["change_type"]] += 1
    for order in w.orders.values():
        n = by_order[order["id"]]
        held, out = n[STOCK_HELD] - n[STOCK_RELEASED], n[STOCK_OUT] - n[STOCK_IN]
        want = (int(order["status"] == PENDING), int(order["status"] in OUT))
        if (held, out) != want or max(n.values(), default=0) > 1:
            yield f"order {order['id']}, status {order['status']}: its pieces moved by records of types {dict(n)}"


def totals_agree(w):
    by_product = grouped(w.orders.values(), lambda o: o["product_id"])
    for product, p in w.products.items():
        orders = by_product.get(product, [])
        held = sum(o["quantity"] for o in orders if o["status"] == PENDING)
        out = sum(o["quantity"] for o in orders if o["status"] in OUT)
        if (p["reserved_quantity"], p["sales_count"]) != (held, out):
            yield (f"product {product}: {p['reserved_quantity']} reserved and {p['sales_count']} sold, its orders say {held} "
                   f"and {out}")
        start = w.history.products.get(product)
        if start is not None and p["stock_quantity"] + held + out != start["stock"]:
            yield f"product {product}: began with {start['stock']}, now {p['stock_quantity']} there, {held} held, {out} out"
    yield from points_total(w)


def points_total(w):
    granted = sum(w.history.users.values())
    for records in w.records.values():
        granted += sum(r["points"] for r in records if r["type"] in ("adjust", "payment_reward"))
    granted -= sum(w.history.users[u] for u in w.history.users if w.records.get(u))    # its record is among those
    spent = sum(o["points_cost"] for o in w.orders.values() if o["status"] not in (CANCELLED, RETURNED))
    there = sum(u["points_balance"] for u in w.users.values())
    if granted - spent != there:
        yield f"all users together: granted {granted}, spent {spent}, there are {there}"


def counters_agree(w):
    want = collections.Counter()
    for o in w.orders.values():
        want[o["user_id"], o["product_id"]] += o["quantity"] if o["status"] not in (CANCELLED, RETURNED) else 0
    have = {(n["user_id"], n["product_id"]): n["quantity"] for n in w.dump["purchase_counters"]}
    for who in set(want) | set(have):
        if want[who] != have.get(who, 0):
            yield f"user {who[0]}, product {who[1]}: counted {have.get(who)}, orders have {want[who]}"
        limit = w.history.products.get(who[1], {}).get("limit")
        if limit is not None and want[who] > limit:
            yield f"user {who[0]}, product {who[1]}: has {want[who]}, and may have {limit}"


def events_of_orders(w):
    by_order = collections.defaultdict(collections.Counter)
    for e in w.dump["outbox"]:
        if not e["event_type"].startswith("mall.") or "orderId" not in e["payload"]:
            continue
        order = w.orders.get(e["payload"]["orderId"])
        if order is None:
            yield f"event {e['event_id']}: {e['event_type']} of order {e['payload']['orderId']}, which is not there"
            continue
        by_order[order["id"]][e["event_type"]] += 1
        told = {name: e["payload"].get(name) for name in ("userId", "productId", "quantity", "pointsCost")}
        really = {"userId": order["user_id"], "productId": order["product_id"], "quantity": order["quantity"],
                  "pointsCost": order["points_cost"]}
        for name, value in told.items():
            if value is not None and value != really[name]:
                yield f"event {e['event_id']}: {name} {value}, the order says {really[name]}"
    for order in w.orders.values():
        n, op = by_order[order["id"]], w.asked.get(order["id"])
        held = op is not None and not op.args.get("confirm", True)
        want = {"mall.product.exchanged": int(order["exchanged_at"] is not None),
                "mall.order.cancelled": int(order["status"] == CANCELLED), "mall.order.held": int(held)}
        if order.get("failure_code"):
            want["mall.order.held"] = n["mall.order.held"]
        if dict(n) != {name: times for name, times in want.items() if times}:
            yield f"order {order['id']}, status {order['status']}: its events are {dict(n)}"


def events_of_points(w):
    events = grouped([e for e in w.dump["outbox"] + w.dump.apart.get("outbox", []) if e["event_type"].startswith("points.")
                      and "recordId" in structure(e["payload"])], lambda e: structure(e["payload"])["recordId"])
    for user, records in w.records.items():
        for r in records[1 if w.history.users.get(user) else 0:]:
            found = events.pop(r["id"], [])
            if [e["event_type"] for e in found] != [POINTS_EVENT[r["type"]]]:
                yield f"record {r['id']} of user {user}, {r['type']}: its events are {[e['event_type'] for e in found]}"
                continue
            told = structure(found[0]["payload"])
            if (told["userId"], told["balanceAfter"]) != (user, r["balance_after"]) or abs(told["points"]) != abs(r["points"]):
                yield f"event {found[0]['event_id']} does not say what record {r['id']} says"
    for record in events:
        yield f"an event tells of record {record}, which is not there"


def events_are_applied(w):
    """What the profile's consumer made of the events that it has been given: each counts once."""
    seen = {c["event_id"] for c in w.dump["consumed_events"] if c["consumer"] == "profile"}
    want = collections.Counter()
    for e in w.dump["outbox"]:
        if e["event_type"] == "mall.product.exchanged" and e["event_id"] in seen:
            want[e["payload"]["userId"]] += 1
        if e["state"] == 1 and e["event_type"] == "mall.product.exchanged" and e["event_id"] not in seen:
            yield f"event {e['event_id']}: delivered, and its consumer has not had it"
        if any(name in e["payload"] for name in PERSONAL):
            yield f"event {e['event_id']} tells whose parcel it is"
    have = collections.Counter()
    for row in w.dump["user_preferences"]:
        have[row["user_id"]] += row["exchanges"]
    for user in set(want) | set(have):
        if want[user] != have[user]:
            yield f"user {user}: {want[user]} exchanges were told, {have[user]} are in the profile"


def reads_are_no_older(w):
    """A read that began after something was acknowledged shows it; a read after the quiet shows what is there."""
    known = collections.defaultdict(list)           # order: (when acknowledged, status)
    for op in w.history.of("exchange", "confirm", "cancel"):
        for t in op.acknowledged[:1]:
            order = op.answer["exchangeOrderId"] if op.kind == "exchange" else op.args["order"]
            status = {"exchange": PENDING, "confirm": CONFIRMED, "cancel": CANCELLED}[op.kind]
            known[order].append((t.answered_at, status))
    for op in w.history.of("order"):
        order = op.args["order"]
        for t in op.tries:
            if t.outcome == "unknown":
                continue
            before = [status for at, status in known[order] if at < t.at]
            if t.outcome == "failed":
                if before and t.status == 404:
                    yield f"{op}: order {order} was acknowledged, and was not found"
                continue
            if before and t.json["status"] < max(before):
                yield f"{op}: order {order} read with status {t.json['status']} after {max(before)} was acknowledged"
            if t.quiet and order in w.orders and t.json["status"] != w.orders[order]["status"]:
                yield f"{op}: order {order} read with status {t.json['status']}, it has {w.orders[order]['status']}"
    for op in w.history.of("balance"):
        for t in op.tries:
            there = w.users.get(op.user, {}).get("points_balance")
            if t.quiet and t.outcome == "ok" and t.json["balance"] != there:
                yield f"{op}: read {t.json['balance']} points, there are {there}"


def sagas_are_at_rest(w):
    for s in w.dump["sagas"]:
        if s["state"] not in (2, 3):
            yield f"saga {s['id']} of order {s['order_id']}: state {s['state']} after {s['attempts']} attempts"


CHECKS = {
    "lost": acknowledged_is_there,
    "extra": there_was_asked_for,
    "status": statuses_follow,
    "once": one_effect_a_key,
    "replay": replays_agree,
    "key": keys_are_kept,
    "points-chain": points_are_chained,
    "points-cause": points_have_causes,
    "points-told": answers_tell_the_balance,
    "points-kept": nobody_lost_points,
    "stock-chain": stock_is_chained,
    "stock-cause": pieces_have_causes,
    "stock-kept": nobody_lost_pieces,
    "total": totals_agree,
    "counter": counters_agree,
    "event-order": events_of_orders,
    "event-points": events_of_points,
    "event-applied": events_are_applied,
    "read": reads_are_no_older,
    "saga": sagas_are_at_rest,
}


def judge(history, dump):
    """All breaches, as "CLASS: text"."""
    w = World(history, dump)
    return [f"{name}: {text}" for name, check in CHECKS.items() for text in check(w)]


def main(argv):
    if len(argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    history, dump = History(argv[1]), Dump(argv[2])
    breaches = judge(history, dump)
    for breach in breaches:
        print(breach)
    outcomes = collections.Counter(op.outcome for op in history.ops.values())
    print(f"checker: {len(history.ops)} operations ({outcomes['ok']} ok, {outcomes['failed']} failed, "
          f"{outcomes['unknown']} unknown), {len(dump['exchange_orders'])} orders, {len(breaches)} breaches", file=sys.stderr)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
