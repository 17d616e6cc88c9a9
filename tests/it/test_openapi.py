# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.yaml and the running server: the same routes, and a live answer of each. (The client holds every answer of
every test against the document.)"""

import os
import subprocess
import sys

from shop import DELIVERY, EXCHANGE, ORDERS
from stack import ROOT


def routes(shop):
    return [tuple(line.split("\t")[:2]) for line in shop.stack.program("routes").stdout.splitlines()]


def test_the_document_has_the_programs_routes(shop):
    done = subprocess.run([sys.executable, os.path.join(ROOT, "tests", "openapi", "compare.py"), "--program",
                           shop.stack.env["PROGRAM"]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_route_answers(shop, document):
    u, p = shop.user(), shop.product(stock=100)
    order = u.bought(p)
    admin = shop.admin()
    login = shop.http.post("/api/auth/login", {"code": "cOpenapi"}).json

    def shipped():
        made = u.bought(p)
        assert admin.ship(made).status == 200
        return made

    def returned():
        made = shipped()
        assert u.move(made, "return", {"reason": "破损"}).status == 200
        return made
    calls = {
        ("GET", "/api/mall/products"): lambda path: shop.http.get(path),
        ("GET", "/api/mall/products/:id"): lambda path: shop.http.get(path.replace(":id", p)),
        ("GET", "/api/mall/categories"): lambda path: shop.http.get(path),
        ("POST", "/api/mall/inventory/check"): lambda path: shop.http.post(path, {"items": [{"productId": p, "quantity": 1}]}),
        ("GET", "/api/mall/inventory/:productId"): lambda path: shop.http.get(path.replace(":productId", p)),
        ("POST", EXCHANGE): lambda path: shop.http.post(path, u.wish(p), u.token, key="openapi"),
        ("GET", ORDERS): lambda path: shop.http.get(path, u.token),
        ("GET", ORDERS + "/:id"): lambda path: shop.http.get(path.replace(":id", order), u.token),
        ("POST", ORDERS + "/:id/cancel"): lambda path: shop.http.post(path.replace(":id", order), None, u.token),
        ("POST", ORDERS + "/:id/confirm"): lambda path: shop.http.post(path.replace(":id", u.held(p)), None, u.token),
        ("POST", ORDERS + "/:id/receive"): lambda path: shop.http.post(path.replace(":id", shipped()), None, u.token),
        ("POST", ORDERS + "/:id/return"): lambda path: shop.http.post(path.replace(":id", shipped()), {"reason": "破损"}, u.token),
        ("GET", ORDERS + "/:id/delivery"): lambda path: shop.http.get(path.replace(":id", shipped()), u.token),
        ("PUT", ORDERS + "/:id/delivery-info"): lambda path: shop.http.put(path.replace(":id", u.bought(p)), DELIVERY, u.token),
        ("GET", "/api/points/balance"): lambda path: shop.http.get(path, u.token),
        ("GET", "/api/points/records"): lambda path: shop.http.get(path, u.token),
        ("POST", "/api/auth/login"): lambda path: shop.http.post(path, {"code": "cOpenapi2"}),
        ("POST", "/api/auth/refresh"): lambda path: shop.http.post(path, {"refreshToken": login["refreshToken"]}),
        ("POST", "/api/auth/logout"): lambda path: shop.http.post(path, None, login["accessToken"]),
        ("GET", "/api/user/profile"): lambda path: shop.http.get(path, u.token),
        ("PUT", "/api/user/profile"): lambda path: shop.http.put(path, {"nickname": "开放"}, u.token),
        ("POST", "/api/admin/inventory/:productId"): lambda path: shop.http.post(
            path.replace(":productId", p), {"change": 1, "description": "到货"}, admin.token),
        ("PUT", "/api/admin/inventory/:productId/alert"): lambda path: shop.http.put(
            path.replace(":productId", p), {"threshold": 3}, admin.token),
        ("GET", "/api/admin/categories"): lambda path: shop.http.get(path, admin.token),
        ("POST", "/api/admin/categories"): lambda path: shop.http.post(path, {"name": "类"}, admin.token),
        ("PUT", "/api/admin/categories/:id"): lambda path: shop.http.put(
            path.replace(":id", shop.category()), {"name": "类"}, admin.token),
        ("DELETE", "/api/admin/categories/:id"): lambda path: shop.http.call(
            "DELETE", path.replace(":id", shop.category()), token=admin.token),
        ("GET", "/api/admin/audit"): lambda path: shop.http.get(path, admin.token),
        ("GET", "/api/admin/products"): lambda path: shop.http.get(path, admin.token),
        ("POST", "/api/admin/products"): lambda path: shop.http.post(
            path, {"name": "杯", "categoryId": shop.shared_category(), "pointsPrice": 1}, admin.token),
        ("GET", "/api/admin/products.csv"): lambda path: shop.http.get(path, admin.token),
        ("POST", "/api/admin/products.csv"): lambda path: shop.http.call(
            "POST", path, token=admin.token, raw=shop.http.get(path, admin.token, query={"q": "没有"}).body,
            content_type="text/csv"),
        ("GET", "/api/admin/products/:id"): lambda path: shop.http.get(path.replace(":id", p), admin.token),
        ("PUT", "/api/admin/products/:id"): lambda path: shop.http.put(path.replace(":id", p), {"isHot": True}, admin.token),
        ("DELETE", "/api/admin/products/:id"): lambda path: shop.http.call(
            "DELETE", path.replace(":id", shop.product()), token=admin.token),
        ("GET", "/api/admin/sagas"): lambda path: shop.http.get(path, admin.token),
        ("GET", "/api/admin/orders"): lambda path: shop.http.get(path, admin.token),
        ("GET", "/api/admin/orders/:id"): lambda path: shop.http.get(path.replace(":id", order), admin.token),
        ("GET", "/api/admin/orders.csv"): lambda path: shop.http.get(path, admin.token),
        ("POST", "/api/admin/orders/ship.csv"): lambda path: shop.http.post(
            path, token=admin.token, raw="orderNo,carrier,trackingNo\n", content_type="text/csv"),
        ("GET", "/api/admin/inventory/low"): lambda path: shop.http.get(path, admin.token),
        ("GET", "/api/admin/inventory/:productId/records"): lambda path: shop.http.get(path.replace(":productId", p), admin.token),
        ("POST", "/api/admin/orders/:id/confirm"): lambda path: shop.http.post(path.replace(":id", u.held(p)), None, admin.token),
        ("POST", "/api/admin/orders/:id/cancel"): lambda path: shop.http.post(
            path.replace(":id", u.bought(p)), {"reason": "缺货"}, admin.token),
        ("POST", "/api/admin/orders/:id/ship"): lambda path: shop.http.post(
            path.replace(":id", u.bought(p)), {"carrier": "顺丰", "trackingNo": "SF1"}, admin.token),
        ("POST", "/api/admin/orders/:id/delivery"): lambda path: shop.http.post(
            path.replace(":id", shipped()), {"deliveryStatus": 3, "description": "途中"}, admin.token),
        ("POST", "/api/admin/orders/:id/return"): lambda path: shop.http.post(
            path.replace(":id", returned()), {"accepted": True}, admin.token),
        ("GET", "/api/admin/users"): lambda path: shop.http.get(path, admin.token),
        ("GET", "/api/admin/users/:id"): lambda path: shop.http.get(path.replace(":id", u.id), admin.token),
        ("POST", "/api/admin/users/:id/points"): lambda path: shop.http.post(
            path.replace(":id", u.id), {"points": 1, "description": "补偿"}, admin.token),
        ("POST", "/api/admin/users/:id/status"): lambda path: shop.http.post(
            path.replace(":id", shop.user().id), {"blocked": True, "reason": "刷单"}, admin.token),
        ("GET", "/healthz"): lambda path: shop.http.get(path),
        ("GET", "/readyz"): lambda path: shop.http.get(path),
        ("GET", "/metrics"): lambda path: shop.http.get(path),
    }
    # Where the points are apart: test_saga.py.
    table = [row for row in routes(shop) if row != ("POST", "/api/admin/sagas/:id/retry")]
    assert set(table) == set(calls), "a route without a call here, or the other way round"
    for method, path in table:
        a = calls[method, path](path)
        assert 200 <= a.status < 300, (method, path, a)
    met = {(m, t) for m, t, status in document.met if status < 300}
    assert len(met) >= len(table)
