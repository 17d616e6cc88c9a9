# SPDX-License-Identifier: Apache-2.0
"""Buyers and operators who go on whatever happens, and write down what they saw. Everything that changes something has an
Idempotency-Key; what came to no clear end is asked again with it, at once, later, or when all is well again."""

import http.client
import json
import random
import socket
import ssl
import threading
import time
import urllib.parse

from shop import new_id

EXCHANGE = "/api/mall/exchange"
ORDERS = "/api/mall/exchange/orders"
NAMES = ("王小明", "李四", "O'Neil \\ \"x\"", "买家😀")
TRIES = 4
TIMEOUT_S = 12


class History:
    """The file that the judge reads; a line is there before what it tells of goes on."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")       # pylint: disable=consider-using-with
        self.lock = threading.Lock()
        self.lines = 0

    def write(self, **line):
        with self.lock:
            self.file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self.lines += 1

    def close(self):
        self.file.close()


class Op:
    """Something that a client wants done, however often it has to ask."""

    def __init__(self, i, kind, user, method, path, args, body=None, token=None, caller=None, key=None):
        self.id, self.kind, self.user, self.method, self.path = i, kind, user, method, path
        self.args, self.body, self.token, self.caller, self.key = args, body, token, caller, key
        self.tries = 0
        self.known = False              # ok or failed, for good
        self.done = None                # the answer's JSON, where it was ok

    def judge(self, status, text):
        if status in (408, 429) or status >= 500 or (status == 409 and '"idempotency_in_progress"' in text):
            return False
        self.known = True
        if status < 300:
            self.done = json.loads(text)
        return True


class Market:
    """The users and products of one run, and what is known of their orders."""

    def __init__(self, stack, history, seed, options=()):
        self.stack, self.history, self.seed, self.options = stack, history, seed, set(options)
        self.url = urllib.parse.urlsplit(stack.env["URL"])
        self.context = ssl.create_default_context(cafile=stack.env["CA"])
        self.local = threading.local()
        self.lock = threading.Lock()
        self.users, self.products = {}, {}      # id: token; id: {"stock", "price", "limit"}
        self.admin = None
        self.ops, self.orders = [], {}          # id of an order: its user
        self.stop = threading.Event()
        self.errors = []
        self.gone = 0.0                         # how often a client does not wait for its answer

    # ---- one request ----

    def connection(self):
        c = getattr(self.local, "c", None)
        if c is None:
            c = self.local.c = http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.context,
                                                           timeout=TIMEOUT_S)
        return c

    def close(self):
        if getattr(self.local, "c", None) is not None:
            self.local.c.close()
            self.local.c = None

    def request(self, op):
        headers = {"Authorization": "Bearer " + op.token} if op.token else {}
        if op.key and "drop-keys" not in self.options:
            headers["Idempotency-Key"] = op.key
        body = None
        if op.method == "POST":
            body = json.dumps(op.body, ensure_ascii=False).encode() if op.body is not None else b""
            headers["Content-Type"] = "application/json"
        c = self.connection()
        c.request(op.method, op.path, body, headers)
        if self.gone and op.key and random.random() < self.gone:
            time.sleep(random.random() * 0.02)
            raise ConnectionAbortedError("this client went away")
        r = c.getresponse()
        return r.status, r.read().decode(), r.getheader("Idempotency-Replayed") == "true"

    def notice(self, op):
        """A payment's success, as the payment service writes it; once in a while it tells of one payment twice."""
        payload = json.dumps({"userId": op.user, "amount": op.args["points"] * 100 + 99, "orderId": op.args["payment"]})
        try:
            self.stack.sql("INSERT IGNORE INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, "
                           f"next_at) VALUES ('{op.body}', 'payment.success', 'payment', '[\"points\"]', '{op.user}', "
                           f"'{payload}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3));")
        except AssertionError as e:
            raise ConnectionError("the database is away") from e
        return 200, "{}", False

    def attempt(self, op):
        """Asks once. Whether the outcome is known now."""
        with self.lock:
            op.tries += 1
            which = {"op": op.id, "try": op.tries}
        self.history.write(ev="invoke", **which, kind=op.kind, user=op.user, caller=op.caller, key=op.key, args=op.args)
        try:
            status, text, replayed = self.notice(op) if op.kind == "award" else self.request(op)
        except (OSError, http.client.HTTPException, UnicodeDecodeError):
            self.close()
            self.history.write(ev="lost", **which)
            return False
        self.history.write(ev="answer", **which, status=status, replayed=replayed, body=text)
        known = op.judge(status, text)
        if op.done is not None and op.kind == "exchange":
            with self.lock:
                self.orders[op.done["exchangeOrderId"]] = op.user
        return known

    # ---- what they want ----

    def op(self, rng, kind, user, method, path, args=None, body=None, admin=False, keyed=True):
        with self.lock:
            i = len(self.ops) + 1
            caller = None
            if keyed:
                caller = f"admin:{self.admin[0]}" if admin else f"user:{user}"
            op = Op(f"{kind}-{i}", kind, user, method, path, args or {}, body, self.admin[1] if admin else self.users.get(user),
                    caller, f"{rng.getrandbits(64):016x}-{i}" if keyed else None)
            self.ops.append(op)
        return op

    def exchange(self, rng, confirm=True):
        user, product = rng.choice(list(self.users)), rng.choice(list(self.products))
        delivery = {"receiverName": rng.choice(NAMES), "receiverPhone": f"138{rng.randrange(10 ** 8):08d}", "address": "北京市海淀区"}
        args = {"product": product, "quantity": rng.randint(1, 3), "confirm": confirm, "delivery": delivery}
        body = {"productId": product, "quantity": args["quantity"], "deliveryInfo": delivery}
        if not confirm:
            body["confirm"] = False
        return self.op(rng, "exchange", user, "POST", EXCHANGE, args, body)

    def hold(self, rng):
        return self.exchange(rng, confirm=False)

    def move(self, rng, name):
        with self.lock:
            known = list(self.orders.items())
        if not known:
            return None
        # The newest most of all: those of whom something is under way.
        order, user = known[max(rng.randrange(len(known)), rng.randrange(len(known)))]
        return self.op(rng, name, user, "POST", f"{ORDERS}/{order}/{name}", {"order": order})

    def confirm(self, rng):
        return self.move(rng, "confirm")

    def cancel(self, rng):
        return self.move(rng, "cancel")

    def adjust(self, rng):
        user, points = rng.choice(list(self.users)), rng.choice([-70, -5, 20, 150])
        return self.op(rng, "adjust", user, "POST", f"/api/admin/users/{user}/points", {"points": points},
                       {"points": points, "description": "调整"}, admin=True)

    def award(self, rng):
        with self.lock:
            told = [op for op in self.ops if op.kind == "award"]
        if told and rng.random() < 0.3:
            args, user = rng.choice([(op.args, op.user) for op in told])
        else:
            args, user = {"payment": new_id(), "points": rng.randint(1, 60)}, rng.choice(list(self.users))
        return self.op(rng, "award", user, None, None, args, new_id(), keyed=False)

    def read(self, rng):
        with self.lock:
            known = list(self.orders.items())
        if not known:
            return None
        order, user = rng.choice(known)
        return self.op(rng, "order", user, "GET", f"{ORDERS}/{order}", {"order": order}, keyed=False)

    def balance(self, rng):
        return self.op(rng, "balance", rng.choice(list(self.users)), "GET", "/api/points/balance", keyed=False)

    def look(self, rng):
        """The public pages, for the copies' sake: nothing of it is judged."""
        product = rng.choice(list(self.products))
        return self.op(rng, "look", None, "GET", rng.choice([
            f"/api/mall/products/{product}", f"/api/mall/products?limit={rng.randrange(1, 100)}",
            f"/api/mall/inventory/{product}"]), keyed=False)

    def again(self, rng):
        """One of before, once more with the same key."""
        with self.lock:
            done = [op for op in self.ops[-200:] if op.key and op.done]
        return rng.choice(done) if done else None

    WANTS = (("exchange", 30), ("hold", 14), ("confirm", 10), ("cancel", 24), ("adjust", 5), ("award", 2), ("read", 6), ("balance", 2),
             ("look", 4), ("again", 6))

    # ---- the run ----

    def shopper(self, n):
        rng = random.Random(self.seed * 1000 + n)
        try:
            while not self.stop.is_set():
                want = rng.choices([w for w, _ in self.WANTS], [k for _, k in self.WANTS])[0]
                if want in self.options:        # it is not to be had here
                    continue
                op = getattr(self, want)(rng)
                if op is not None:
                    self.pursue(op, rng)
                self.stop.wait(rng.random() * 0.02)
        except Exception as e:      # noqa: B902 (told by the run)
            self.errors.append(e)
        finally:
            self.close()

    def pursue(self, op, rng):
        for _ in range(TRIES):
            if self.attempt(op) or self.stop.is_set() or rng.random() < 0.15:
                return
            self.stop.wait(0.02 + rng.random() * 0.3)

    def __enter__(self):
        self.threads = [threading.Thread(target=self.shopper, args=(n,), daemon=True) for n in range(8)]
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join(60)

    # ---- the end ----

    def settle(self, seconds=30):
        """Everything is up again and nothing is under way: what is unknown is asked until it is known."""
        self.gone = 0.0
        self.history.write(ev="quiet")
        until = time.monotonic() + seconds
        for op in self.ops:
            while (op.key or op.kind == "award") and not op.known and not self.attempt(op):
                if time.monotonic() > until:
                    raise AssertionError(f"{op.id} comes to no end")
                time.sleep(0.1)

    def look_again(self):
        rng = random.Random(self.seed)
        for order, user in list(self.orders.items()):
            self.attempt(self.op(rng, "order", user, "GET", f"{ORDERS}/{order}", {"order": order}, keyed=False))
        for user in self.users:
            self.attempt(self.op(rng, "balance", user, "GET", "/api/points/balance", keyed=False))
        self.close()
