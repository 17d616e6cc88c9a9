# SPDX-License-Identifier: Apache-2.0
"""What holds for every request: paths, methods, sizes, types, ids, languages, and what nginx refuses itself."""

import json
import re
import socket
import ssl
import subprocess

import pytest

from client import Client
from shop import EXCHANGE, ORDERS
from stack import wait_until

PRODUCTS = "/api/mall/products"
CHECK = "/api/mall/inventory/check"
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
ALLOWED = {
    "/api/auth/login": {"POST"}, "/api/auth/refresh": {"POST"}, "/api/auth/logout": {"POST"},
    "/api/user/profile": {"GET", "HEAD", "PUT"}, PRODUCTS: {"GET", "HEAD"},
    PRODUCTS + "/01980000-0000-7000-8000-000000000001": {"GET", "HEAD"}, "/api/mall/categories": {"GET", "HEAD"},
    "/api/mall/inventory/01980000-0000-7000-8000-000000000001": {"GET", "HEAD"},
    EXCHANGE: {"POST"}, ORDERS: {"GET", "HEAD"}, ORDERS + "/01980000-0000-7000-8abc-000000000001": {"GET", "HEAD"},
    ORDERS + "/01980000-0000-7000-8abc-000000000001/cancel": {"POST"},
    "/api/points/balance": {"GET", "HEAD"}, "/api/points/records": {"GET", "HEAD"},
    "/healthz": {"GET", "HEAD"}, "/readyz": {"GET", "HEAD"}, "/metrics": {"GET", "HEAD"},
}


@pytest.mark.parametrize("path", sorted(ALLOWED))
def test_wrong_method_is_405_with_allow(http, path):
    for method in METHODS:
        if method in ALLOWED[path]:
            continue
        a = http.call(method, path)
        assert (a.status, a.code) == (405, "method_not_allowed"), (method, a)
        allow = {m.strip() for m in a.header("Allow").split(",")}
        assert allow == ALLOWED[path], (method, allow)


def test_check_is_no_product_id(http):
    """/inventory/check is a POST; a GET of it is a GET of /inventory/:productId, with no id."""
    assert http.get(CHECK).status in (404, 405)


def test_trace_is_refused(http):
    a = http.call("TRACE", PRODUCTS)
    assert (a.status, a.code) == (405, "method_not_allowed")
    assert a.header("Allow")


def test_a_405_does_not_stay_in_the_cache(http):
    assert http.call("DELETE", PRODUCTS + "?limit=7").status == 405
    assert http.get(PRODUCTS + "?limit=7").status == 200


@pytest.mark.parametrize("path", [
    "/", "/api", "/api/", "/api/mall", "/api/mall/nothing", PRODUCTS + "/", PRODUCTS + "//", "/api/mall/products/x/y",
    "/api/mall/Products", ORDERS + "/", ORDERS + "/x/cancel/more", "/healthz/", "/metrics/", "/favicon.ico", "/files/",
    "/files/nothing.svg", "/index.html", "/api/mall/%70roducts/none", "/.problem", "/api/admin/nothing",
])
def test_unknown_path_is_404(http, path):
    a = http.send("GET", path, check=False)
    assert a.status == 404, a
    assert a.header("Content-Type") == "application/problem+json"
    assert a.json["code"] == "not_found"
    assert a.json["requestId"] == a.header("X-Request-Id")


@pytest.mark.parametrize("name", [
    "x", "01980000-0000-7000-8000-00000000000", "01980000-0000-7000-8000-0000000000011",
    "01980000-0000-7000-8000-00000000000A", "01980000000070008000000000000001", "ffffffff-ffff-7fff-8fff-ffffffffffff",
    "%00", "%ff", "%27", "..%2f", "01980000-0000-7000-8000-000000000001%00",
])
def test_a_name_that_is_no_product_is_404(http, name):
    for base in (PRODUCTS, "/api/mall/inventory"):
        a = http.send("GET", f"{base}/{name}", check=False)
        assert a.status in (404, 400), a        # nginx itself refuses a NUL
        assert a.header("Content-Type") == "application/problem+json"


def test_plain_http_redirects(shop):
    url = shop.stack.env["HTTP_URL"].removeprefix("http://")
    host, port = url.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as s:
        s.sendall(b"POST /api/mall/exchange?a=b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        got = b""
        while chunk := s.recv(4096):
            got += chunk
    assert got.startswith(b"HTTP/1.1 308 "), got
    assert f"Location: {shop.stack.env['URL']}/api/mall/exchange?a=b\r\n".encode() in got, got


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_http2_and_tls(shop):
    env = shop.stack.env
    done = subprocess.run(["curl", "-sS", "--http2", "--cacert", env["CA"], "-o", "/dev/null", "-w", "%{http_version}",
                           env["URL"] + PRODUCTS], capture_output=True, text=True, check=True)
    assert done.stdout == "2"
    old = ssl.create_default_context(cafile=env["CA"])
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    url = Client(shop.stack).url
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        with socket.create_connection((url.hostname, url.port), timeout=10) as s:
            old.wrap_socket(s, server_hostname=url.hostname)


# ---- request ids ----

@pytest.mark.parametrize("path", [PRODUCTS, "/api/mall/categories", "/healthz", "/api/points/balance", "/nothing",
                                  "/files/nothing"])
def test_request_id_comes_back(http, path):
    for given in ("a", "A-b_c.9", "x" * 64):
        for _ in range(2):      # the second may be cached
            a = http.get(path, headers={"X-Request-Id": given})
            assert a.header("X-Request-Id") == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "ü", "a/b", "a;b", "<x>", "a\tb", "a,b", "{}"])
def test_unfit_request_id_is_replaced(http, given):
    for path in (PRODUCTS, "/healthz", "/api/points/balance"):
        a = http.send("GET", path, headers=[("X-Request-Id", given.encode("utf-8"))])
        got = a.header("X-Request-Id")
        assert got != given and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", got)


def test_no_two_requests_have_the_same_new_id(http):
    ids = [http.get(path).header("X-Request-Id") for path in (PRODUCTS, "/healthz", "/nothing") for _ in range(10)]
    assert len(set(ids)) == len(ids)


def test_request_id_is_in_the_log(shop, http):
    http.get("/api/points/balance", headers={"X-Request-Id": "it-log-1"})
    wait_until(lambda: '"requestId":"it-log-1"' in shop.stack.log("access"), 10, "the access log's line")
    lines = [json.loads(line) for line in shop.stack.log("access").splitlines() if "it-log-1" in line]
    assert len(lines) == 1 and lines[0]["status"] in ("401", 401)


# ---- HEAD, ETag ----

@pytest.mark.parametrize("path", [PRODUCTS, PRODUCTS + "?limit=3&sort=sales", "/api/mall/categories",
                                  PRODUCTS + "/01980000-0000-7000-8000-000000000001", "/healthz", "/readyz",
                                  "/api/mall/inventory/01980000-0000-7000-8000-000000000001",
                                  "/api/mall/inventory/nothing", PRODUCTS + "/nothing", PRODUCTS + "?limit=0"])
def test_head_has_the_headers_of_get(http, path):
    def headers(a):
        # The time, and what is each request's own.
        return {k.lower(): v for k, v in a.headers if k.lower() not in ("date", "x-request-id", "age")}
    for _ in range(3):          # the entry may change between the two
        g, h = http.get(path), http.head(path)
        if g.header("ETag") == h.header("ETag"):
            break
    assert h.status == g.status
    assert headers(h) == headers(g)


def test_head_of_a_users_own(shop, http, user):
    for path in ("/api/user/profile", "/api/points/balance", "/api/points/records", ORDERS):
        g, h = http.get(path, user.token), http.head(path, user.token)
        assert (g.status, h.status) == (200, 200)
        assert g.header("Content-Length") == h.header("Content-Length")


@pytest.mark.parametrize("path", [PRODUCTS, "/api/mall/categories", PRODUCTS + "/01980000-0000-7000-8000-000000000001"])
@pytest.mark.parametrize("listener", ["http", "direct"])
def test_etag_and_304(shop, path, listener):
    http = getattr(shop, listener)
    a = http.get(path)
    etag = a.header("ETag")
    assert etag.startswith('"')
    for given in (etag, f'"other", {etag}', "W/" + etag, "*"):
        b = http.get(path, headers={"If-None-Match": given})
        if b.status == 200 and b.header("ETag") != etag:
            continue            # it did change meanwhile
        assert b.status == 304, given
        assert b.header("ETag").removeprefix("W/") == etag
    c = http.get(path, headers={"If-None-Match": '"other"'})
    assert c.status == 200 and c.body


def test_compressed_etag_is_weak(http):
    a = http.get(PRODUCTS, headers={"Accept-Encoding": "gzip"}, check=False)
    assert a.header("Content-Encoding") == "gzip"
    assert a.header("ETag").startswith('W/"')
    assert "Accept-Encoding" in a.header("Vary")


def test_private_answers_are_never_compressed_nor_stored(shop, http, user):
    for path in ("/api/points/records", "/api/user/profile", ORDERS):
        a = http.get(path, user.token, headers={"Accept-Encoding": "gzip"})
        assert a.header("Content-Encoding") is None
        assert a.header("Cache-Control") == "no-store"
        assert a.header("ETag") is None


def test_pictures_are_served(http):
    a = http.get(PRODUCTS + "?limit=100")
    pictures = [url for p in a.json["items"] for url in p["images"]]
    assert pictures
    for url in sorted(set(pictures))[:5]:
        b = http.get(url)
        assert b.status == 200 and b.header("Content-Type") == "image/svg+xml"
        assert b"<svg" in b.body and "immutable" in b.header("Cache-Control")


# ---- languages ----

@pytest.mark.parametrize("language,english", [
    (None, False), ("zh-CN", False), ("en", True), ("en-US,en;q=0.9", True), ("zh-CN,en;q=0.5", False),
    ("en,zh;q=0.5", True), ("fr", False),
    # By tag, and not wherever the two letters stand.
    ("EN", True), ("En-us", True), ("ZH,en", False), ("en-GB,zh", True), ("zh,en", False), ("fr, en;q=0.8, zh;q=0.5", True),
    ("den", False), ("sv-SE, sven", False), ("sv, den, en", True), ("zhen,en", True), ("*", False), ("", False), (",,en", True), ("fr-zh,en", True), ("de-EN", False),
])
def test_languages(shop, http, language, english):
    headers = {"Accept-Language": language} if language else {}
    chinese = re.compile("[\u4e00-\u9fff]")
    big = b"x" * 70000
    answers = [http.get("/api/points/balance", headers=headers), http.get("/nothing", headers=headers),
               http.post(CHECK, {"items": []}, headers=headers), http.get(PRODUCTS, query={"limit": 0}, headers=headers),
               http.post(CHECK, raw=big, headers=headers)]
    for a in answers:
        texts = [a.json["title"], a.json["detail"]] + [e["message"] for e in a.json.get("errors", [])]
        for text in texts:
            if english:
                assert not chinese.search(text), a
        if not english:
            assert chinese.search(a.json["title"]) and chinese.search(a.json["detail"]), a
    assert [a.status for a in answers] == [401, 404, 400, 400, 413]


# ---- status lines ----

def test_the_status_line_has_its_words(shop, http, user):
    """RFC 9112: a client that reads 'HTTP/1.1 200 ' is right to be puzzled. See Client.check(), too."""
    for path, line in (("/healthz", b"200 OK"), (PRODUCTS, b"200 OK"), ("/api/points/balance", b"401 Unauthorized"),
                       (PRODUCTS + "?limit=0", b"400 Bad Request"),
                       (PRODUCTS + "/01980000-0000-7000-8000-00000000ffff", b"404 Not Found")):
        got = http.wire(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert got.split(b"\r\n", 1)[0] == b"HTTP/1.1 " + line
    p = shop.product()
    assert user.exchange(p, key="line").reason == "Created"
    assert user.exchange(p, 2, key="line").reason == "Unprocessable Content"
    assert user.exchange(shop.product(stock=0)).reason == "Conflict"


# ---- sizes and types ----

@pytest.mark.parametrize("path,limit", [(CHECK, 8192), (EXCHANGE, 8192), ("/api/auth/login", 4096),
                                        ("/api/auth/refresh", 4096), ("/api/auth/logout", 4096),
                                        (ORDERS + "/01980000-0000-7000-8abc-000000000001/cancel", 4096)])
def test_body_over_the_routes_limit_is_413(shop, http, user, path, limit):
    fits = b" " * limit
    a = http.post(path, raw=fits + b" ", token=user.token)
    assert (a.status, a.code) == (413, "payload_too_large")
    assert http.post(path, raw=fits, token=user.token).status != 413


def test_profile_has_its_limit(shop, http, user):
    assert http.put("/api/user/profile", raw=b" " * 8193, token=user.token).status == 413
    assert http.put("/api/user/profile", raw=b" " * 8192, token=user.token).status == 400


def test_body_over_nginx_limit_is_413(http, user):
    a = http.post(CHECK, raw=b" " * 65537)
    assert (a.status, a.code) == (413, "payload_too_large")


def test_a_get_takes_no_body(http, user):
    a = http.call("GET", "/api/points/balance", token=user.token, raw=b"{}")
    assert (a.status, a.code) == (413, "payload_too_large")


def test_chunked_body_is_taken(http):
    pieces = b'8\r\n{"items"\r\n4\r\n:[]}\r\n0\r\n\r\n'
    a = http.send("POST", CHECK, pieces, [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])
    assert a.status == 400 and a.fields() == {"items"}


@pytest.mark.parametrize("kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx",
                                  "application/json-patch+json", "text/json", "json", "multipart/form-data"])
def test_not_json_is_415(shop, http, user, kind):
    body = b'{"items":[]}'
    for path in (CHECK, EXCHANGE, "/api/auth/login", "/api/auth/refresh"):
        a = http.post(path, raw=body, content_type=kind, token=user.token)
        assert (a.status, a.code) == (415, "unsupported_media_type"), a
    assert http.put("/api/user/profile", raw=b"{}", content_type=kind, token=user.token).status == 415
    # A cancel needs no body; but one that comes is JSON.
    assert user.cancel(user.bought(shop.product())).status == 200
    order = user.bought(shop.product())
    assert http.post(f"{ORDERS}/{order}/cancel", raw=b"{}", content_type=kind, token=user.token).status == 415


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;charset=UTF-8",
                                  "application/json ; charset=utf-8"])
def test_json_by_other_spellings(http, kind):
    assert http.post(CHECK, raw=b'{"items":[]}', content_type=kind).status == 400


# ---- what nginx refuses by itself ----

@pytest.mark.parametrize("request_line,status", [
    (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 20000 + b"\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"G@T / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"POST /api/mall/inventory/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400),
    (b"POST /api/mall/inventory/check HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
    (b"GET /api/mall/products/%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400),
])
def test_malformed_requests_are_problems(http, request_line, status):
    got = http.wire(request_line)
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == str(status).encode(), got[:300]
    problem = json.loads(body)
    assert problem["status"] == status and problem["code"] == "invalid_request"
    assert b"application/problem+json" in head


def test_a_body_that_does_not_come_is_a_408(http):
    got = http.wire(b"POST /api/mall/inventory/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Content-Length: 100\r\n\r\n{", 15)
    # nginx closes without a word, or says 408.
    assert got == b"" or b" 408 " in got.split(b"\r\n")[0], got[:200]


def test_loopback_paths(shop, http):
    """A client that is not on loopback is told nothing of them; behind a trusted proxy it is not."""
    limited = Client(shop.stack, "LIMITED_URL")
    for path in ("/healthz", "/readyz"):
        assert http.get(path).json == {"status": "ok"}
    for path in ("/healthz", "/readyz", "/metrics"):
        a = limited.get(path, headers={"X-Forwarded-For": "203.0.113.7"})
        assert (a.status, a.code) == (404, "not_found")


def test_security_headers_are_everywhere(http, user):
    for a in (http.get(PRODUCTS), http.get("/nothing"), http.get("/api/points/balance", user.token),
              http.get("/files/demo/p001.svg"), http.post(CHECK, raw=b"x" * 70000)):
        assert a.header("X-Content-Type-Options") == "nosniff"
        assert a.header("X-Frame-Options") == "DENY"
        assert a.header("Referrer-Policy") == "no-referrer"
        assert "default-src 'none'" in a.header("Content-Security-Policy")
        assert a.header("Server") == "nginx"
        assert a.header("Strict-Transport-Security") is None
