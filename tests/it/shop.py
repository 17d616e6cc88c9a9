# SPDX-License-Identifier: Apache-2.0
"""What a test needs to be in the shop: users, products, goods exchanged. Made behind the program's back, with their
ledgers, so that `pointsmall verify` stays content."""

import itertools
import json
import threading
import time
import uuid

from client import Client, sign

EXCHANGE = "/api/mall/exchange"
ORDERS = "/api/mall/exchange/orders"
DELIVERY = {"receiverName": "王小明", "receiverPhone": "13800138000", "address": "北京市海淀区中关村大街1号"}
LEEWAY_S = 30


def new_id(kind="8"):
    """A UUID of version 7, of now."""
    r = uuid.uuid4().hex
    t = f"{time.time_ns() // 1000000:012x}"
    return f"{t[:8]}-{t[8:]}-7{r[:3]}-{kind}{r[3:6]}-{r[6:18]}"


def quote(value):
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int)):
        return str(int(value))
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


class Shop:
    _names = itertools.count(1)
    _lock = threading.Lock()

    def __init__(self, stack):
        self.stack = stack
        self.http = Client(stack)
        self.direct = Client(stack, "DIRECT_URL")       # past the micro-cache

    # ---- users ----

    def users(self, n, points=100000):
        ids = [new_id("9") for _ in range(n)]
        text = ""
        for i in ids:
            seq = 1 if points else 0
            text += ("INSERT INTO users (id, openid, nickname, created_at) "
                     f"VALUES ('{i}', 'test-{i}', '测试', UTC_TIMESTAMP(3));\n")
            if self.stack.apart:
                text += f"INSERT INTO pointsmall_points.users (id) VALUES ('{i}');\n"
            text += (f"UPDATE users SET points_balance = {points}, points_seq = {seq}, points_earned = {points} "
                     f"WHERE id = '{i}';\n")
            if points:
                text += ("INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, "
                         f"created_at) VALUES ('{new_id()}', '{i}', 1, 'adjust', {points}, {points}, '开始', "
                         "UTC_TIMESTAMP(3));\n")
        self.stack.sql("START TRANSACTION;\n" + text + "COMMIT;")
        return [User(self, i) for i in ids]

    def user(self, points=100000):
        return self.users(1, points)[0]

    def key(self, kid="staging"):
        return bytes.fromhex(self.stack.setting(f"key {kid}", "secret"))

    def token(self, sub, /, role="user", kid="staging", header=None, drop=(), **claims):
        """An access token made by hand; claims override, drop leaves out."""
        now = int(time.time())
        body = {"iss": self.stack.setting(f"key {kid}", "issuer"), "aud": "pointsmall", "sub": sub, "role": role,
                "iat": now, "nbf": now, "exp": now + 900}
        body.update(claims)
        for name in drop:
            body.pop(name, None)
        return sign(header or {"alg": "HS256", "typ": "JWT", "kid": kid}, body, self.key(kid))

    # ---- operators ----

    def admin(self):
        return Operator(self, new_id("9"))

    def merchant(self, name="测试商户"):
        """A merchant's operator; its merchant is new."""
        i = new_id("b")
        self.stack.sql(f"INSERT INTO merchants (id, name) VALUES ('{i}', {quote(name)});")
        return Operator(self, new_id("9"), i)

    # ---- goods ----

    def category(self, parent=None, name=None, level=1, status=1):
        i = new_id("a")
        self.stack.sql("INSERT INTO product_categories (id, name, parent_id, level, sort_order, status) VALUES "
                       f"('{i}', {quote(name or '测试类')}, {quote(parent)}, {level}, 900, {status});")
        return i

    def products(self, n, stock=10, price=100, **columns):
        """Each value may be a function of the product's number."""
        made, text = [], ""
        category = columns.pop("category_id", None) or self.shared_category()
        for k in range(n):
            i = new_id("8")
            row = {"name": f"测试商品 {i[-6:]}", "category_id": category, "points_price": price,
                   "sort_order": 100000 + k, "description": "只供测试。", "original_price": "12.50",
                   "images": '["/files/demo/p001.svg"]', "specifications": '{"颜色":"白"}'}
            row.update(columns)
            row = {name: value(k) if callable(value) else value for name, value in row.items()}
            pieces = stock(k) if callable(stock) else stock
            names = ", ".join(row)
            values = ", ".join(quote(v) for v in row.values())
            text += (f"INSERT INTO products (id, {names}, stock_quantity, stock_seq) VALUES ('{i}', {values}, {pieces}, "
                     f"{1 if pieces else 0});\n")
            if pieces:
                text += ("INSERT INTO inventory_records (id, product_id, change_type, quantity_change, stock_after, "
                         f"description, seq) VALUES ('{new_id()}', '{i}', 1, {pieces}, {pieces}, '入库', 1);\n")
            made.append(i)
        self.stack.sql("START TRANSACTION;\n" + text + "COMMIT;")
        return made

    def product(self, stock=10, price=100, **columns):
        return self.products(1, stock, price, **columns)[0]

    def shared_category(self):
        with self._lock:
            if not hasattr(self, "_category"):
                self._category = self.category()
            return self._category

    def change(self, product, **columns):
        values = ", ".join(f"{name} = {quote(value)}" for name, value in columns.items())
        self.stack.sql(f"UPDATE products SET {values} WHERE id = '{product}';")

    def restock(self, product, pieces):
        self.stack.sql(f"""START TRANSACTION;
            UPDATE products SET stock_quantity = stock_quantity + {pieces}, stock_seq = stock_seq + 1 WHERE id = '{product}';
            INSERT INTO inventory_records (id, product_id, change_type, quantity_change, stock_after, description, seq)
              SELECT '{new_id()}', id, 1, {pieces}, stock_quantity, '入库', stock_seq FROM products WHERE id = '{product}';
            COMMIT;""")

    def stock(self, product):
        return self.stack.number(f"SELECT stock_quantity FROM products WHERE id = '{product}'")

    def sales(self, product):
        return self.stack.number(f"SELECT sales_count FROM products WHERE id = '{product}'")


class User:
    def __init__(self, shop, i):
        self.shop = shop
        self.id = i
        self.token = shop.token(i)

    def wish(self, product, quantity=1, **more):
        return dict({"productId": product, "quantity": quantity, "deliveryInfo": DELIVERY}, **more)

    def exchange(self, product, quantity=1, key=None, client=None, headers=None, **more):
        return (client or self.shop.http).post(EXCHANGE, self.wish(product, quantity, **more), self.token, key=key,
                                               headers=headers)

    def bought(self, product, quantity=1, **more):
        """An exchange that must succeed; the order's id."""
        a = self.exchange(product, quantity, **more)
        assert a.status == 201, a
        return a.json["exchangeOrderId"]

    def cancel(self, order, key=None, body=None, client=None):
        return (client or self.shop.http).post(f"{ORDERS}/{order}/cancel", body, self.token, key=key)

    def held(self, product, quantity=1, **more):
        """A hold; the order's id."""
        return self.bought(product, quantity, confirm=False, **more)

    def move(self, order, move, body=None, key=None, client=None):
        """confirm, cancel, receive or return."""
        return (client or self.shop.http).post(f"{ORDERS}/{order}/{move}", body, self.token, key=key)

    def order(self, order):
        return self.shop.http.get(f"{ORDERS}/{order}", self.token)

    def balance(self):
        return self.shop.stack.number(f"SELECT points_balance FROM users WHERE id = '{self.id}'")

    def counter(self, product):
        n = self.shop.stack.one("SELECT quantity FROM purchase_counters WHERE "
                                f"user_id = '{self.id}' AND product_id = '{product}'")
        return 0 if n is None else int(n)

    def events(self, columns):
        """What the outbox says of this user, or both of them in the order of time where the points live apart."""
        boxes = ["pointsmall_points.outbox", "outbox"] if self.shop.stack.apart else ["outbox"]
        rows = [(row[0], n, row[1:]) for n, box in enumerate(boxes) for row in self.shop.stack.sql(
            f"SELECT created_at, {columns} FROM {box} WHERE aggregate = '{self.id}' ORDER BY seq")]
        return [row[2] for row in (sorted(rows, key=lambda row: row[:2]) if self.shop.stack.apart else rows)]

    def orders(self):
        return self.shop.stack.number(f"SELECT COUNT(*) FROM exchange_orders WHERE user_id = '{self.id}'")


class Operator:
    """An admin, or a merchant whose token names it."""

    def __init__(self, shop, sub, merchant=None):
        self.shop = shop
        self.id = sub
        self.merchant = merchant
        more = {} if merchant is None else {"merchant": merchant}
        self.token = shop.token(sub, role="admin" if merchant is None else "merchant", **more)

    def another(self):
        """A colleague of this one, with a rate of its own."""
        return Operator(self.shop, new_id("9"), self.merchant)

    def get(self, path, **more):
        return self.shop.http.get("/api/admin" + path, self.token, **more)

    def post(self, path, body=None, client=None, **more):
        return (client or self.shop.http).post("/api/admin" + path, body, self.token, **more)

    def put(self, path, body=None, **more):
        return self.shop.http.put("/api/admin" + path, body, self.token, **more)

    def delete(self, path, **more):
        return self.shop.http.call("DELETE", "/api/admin" + path, token=self.token, **more)

    def pages(self, path, **query):
        return self.shop.http.pages("/api/admin" + path, self.token, **query)

    def move(self, order, move, body=None, **more):
        """confirm, cancel, ship, delivery or return."""
        return self.post(f"/orders/{order}/{move}", body, **more)

    def ship(self, order, **more):
        return self.move(order, "ship", {"carrier": "顺丰", "trackingNo": "SF1234567890"}, **more)

    def audit(self, subject_id):
        """(action, before, after) of each of this operator's changes of it, in their order."""
        rows = self.shop.stack.sql("SELECT action, HEX(before_state), HEX(after_state) FROM audit_log WHERE "
                                   f"subject_id = '{subject_id}' AND actor LIKE '%:{self.id}' ORDER BY id")
        return [(a, *(json.loads(bytes.fromhex(state)) if state else None for state in states)) for a, *states in rows]
