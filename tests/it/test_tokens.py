# SPDX-License-Identifier: Apache-2.0
"""Access tokens made by hand: what is accepted, and why everything else is not."""

import hashlib
import json
import time

import pytest

from client import b64, sign
from shop import DELIVERY, LEEWAY_S, new_id

PROFILE = "/api/user/profile"
BALANCE = "/api/points/balance"


def refused(http, token, code="unauthorized", path=BALANCE):
    a = http.get(path, token)
    assert (a.status, a.code) == (401, code), a
    assert a.header("WWW-Authenticate") == "Bearer"
    if token:
        assert token not in a.text
    return a


def test_a_token_by_hand_is_accepted(shop, http, user):
    assert http.get(BALANCE, user.token).status == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token x", "Bearer x", "Bearer a.b",
                                    "Bearer a.b.c", "Bearer a.b.c.d", "Bearer ..", "bearer", "Bearer \x7f"])
def test_no_token(http, header):
    headers = [] if header is None else [("Authorization", header)]
    for path in (BALANCE, PROFILE, "/api/points/records", "/api/mall/exchange/orders"):
        a = http.send("GET", path, headers=headers)
        assert (a.status, a.code) == (401, "unauthorized")
        assert a.header("WWW-Authenticate") == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_has_no_case(shop, http, user, scheme):
    """RFC 9110, 11.1."""
    assert http.send("GET", BALANCE, headers=[("Authorization", f"{scheme} {user.token}")]).status == 200
    a = http.send("GET", BALANCE, headers=[("Authorization", f"{scheme} {user.token[:-2]}")])
    assert (a.status, a.code) == (401, "unauthorized")
    assert http.send("GET", BALANCE, headers=[("Authorization", f"{scheme}{user.token}")]).status == 401


def test_every_guarded_route_wants_a_token(shop, http):
    rows = [line.split("\t") for line in shop.stack.program("routes").stdout.splitlines()]
    guarded = [(r[0], r[1]) for r in rows if r[2] not in ("anyone", "loopback")]
    assert len(guarded) >= 8
    for method, path in guarded:
        a = http.call(method, path.replace(":id", "01980000-0000-7000-8abc-000000000001"))
        assert (a.status, a.code) == (401, "unauthorized"), (method, path, a)


def test_signature(shop, http, user):
    head, body, mac = user.token.split(".")
    other = shop.token(shop.user().id)
    refused(http, f"{head}.{body}.{mac[:-2]}{'AA' if mac[-2:] != 'AA' else 'BB'}")
    refused(http, f"{head}.{body}.")
    refused(http, f"{head}.{body}")
    refused(http, f"{head}.{other.split('.')[1]}.{mac}")
    refused(http, f"{head}.{body}.{mac}=")
    refused(http, f"{head}.{body}.{mac}.")
    refused(http, f"{head}.{body}.{mac}x")
    assert http.get(BALANCE, user.token).status == 200


def test_keys(shop, http, user):
    claims = {"iss": "pointsmall", "aud": "pointsmall", "sub": user.id, "role": "user", "exp": int(time.time()) + 900}
    good = {"alg": "HS256", "typ": "JWT", "kid": "staging"}
    assert http.get(BALANCE, sign(good, claims, shop.key())).status == 200
    # Not the key without its last byte: where that is 0, HMAC pads it to the same key.
    for secret in (b"", b"\0", b"x" * 32, shop.key("legacy"), shop.key()[1:], shop.key().hex().encode()):
        refused(http, sign(good, claims, secret))
    refused(http, sign(dict(good, kid="nobody"), claims, shop.key()))
    refused(http, sign(dict(good, kid=""), claims, b""))
    refused(http, sign({"alg": "HS256"}, claims, shop.key()))
    refused(http, sign(dict(good, kid=None), claims, shop.key()))
    refused(http, sign(dict(good, kid="../staging"), claims, shop.key()))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "hs256", "", None, 256])
def test_algorithms(shop, http, user, alg):
    claims = {"iss": "pointsmall", "aud": "pointsmall", "sub": user.id, "role": "user", "exp": int(time.time()) + 900}
    header = {"alg": alg, "typ": "JWT", "kid": "staging"}
    for digest in (hashlib.sha256, hashlib.sha384, hashlib.sha512):
        refused(http, sign(header, claims, shop.key(), digest))
    unsigned = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}."
    refused(http, unsigned)


def test_expiry(shop, http, user):
    now = int(time.time())
    a = refused(http, shop.token(user.id, exp=now - LEEWAY_S - 2), "token_expired")
    assert a.json["title"]
    assert http.get(BALANCE, shop.token(user.id, exp=now - LEEWAY_S + 10)).status == 200
    # What is expired and wrong besides is not said to be expired.
    refused(http, shop.token(user.id, exp=now - 1000, iss="x"), "unauthorized")
    refused(http, shop.token(user.id, exp=now - 1000)[:-4] + "AAAA", "unauthorized")


@pytest.mark.parametrize("claims", [
    {"exp": None}, {"exp": "9999999999"}, {"exp": 1e12}, {"exp": 9999999999.5}, {"exp": True}, {"exp": -1}, {"exp": [1]},
    {"nbf": "x"}, {"iat": "x"}, {"nbf": 9999999999}, {"iat": 9999999999}, {"iss": "legacy"}, {"iss": ""}, {"iss": 1},
    {"iss": "pointsmall "}, {"aud": "other"}, {"aud": ""}, {"aud": []}, {"aud": ["other"]}, {"aud": 1}, {"aud": [1]},
    {"sub": ""}, {"sub": 1}, {"sub": None}, {"sub": "no-uuid"}, {"sub": "01980000-0000-7000-9000-00000000000A"},
    {"role": "root"}, {"role": ""}, {"role": 1}, {"role": ["user"]}, {"role": "user admin"}, {"role": "User"},
    {"fam": 1}, {"fam": ""}, {"role": "merchant"}, {"role": "service"}, {"merchant": "01980000-0000-7000-b000-000000000001",
                                                                         "role": "merchant", "sub": "x"},
])
def test_claims(shop, http, user, claims):
    refused(http, shop.token(user.id, **claims))


@pytest.mark.parametrize("drop", ["exp", "iss", "aud", "sub", "role"])
def test_missing_claims(shop, http, user, drop):
    refused(http, shop.token(user.id, drop=[drop]))


def test_optional_claims(shop, http, user):
    assert http.get(BALANCE, shop.token(user.id, drop=["nbf", "iat"])).status == 200
    assert http.get(BALANCE, shop.token(user.id, aud=["other", "pointsmall"])).status == 200
    now = int(time.time())
    assert http.get(BALANCE, shop.token(user.id, nbf=now + 10, iat=now + 10)).status == 200
    refused(http, shop.token(user.id, nbf=now + LEEWAY_S + 10))


def test_duplicate_claims_and_headers(shop, http, user):
    now = int(time.time())
    body = ('{"iss":"pointsmall","aud":"pointsmall","sub":"%s","role":"user","exp":1,"exp":%d}' % (user.id, now + 900))
    head = '{"alg":"HS256","kid":"staging"}'
    refused(http, sign(b64(head.encode()), b64(body.encode()), shop.key()))
    twice = '{"alg":"none","alg":"HS256","kid":"staging"}'
    good = body.replace('"exp":1,', "")
    assert http.get(BALANCE, sign(b64(head.encode()), b64(good.encode()), shop.key())).status == 200
    refused(http, sign(b64(twice.encode()), b64(good.encode()), shop.key()))
    for broken in (good + "x", good[:-1], "[]", "null", "", "\ufeff" + good):
        refused(http, sign(b64(head.encode()), b64(broken.encode()), shop.key()))


def test_long_tokens(shop, http, user):
    def of(n):          # n bytes, as near as base64 lets one
        return shop.token(user.id, pad="x" * n)
    short = of(2500)
    assert len(short) <= 4096 and http.get(BALANCE, short).status == 200
    longer = of(3100)
    assert len(longer) > 4096
    refused(http, longer)
    # nginx itself takes no header of more than 8 KiB.
    a = http.get(BALANCE, "x" * 9000)
    assert (a.status, a.code) == (400, "invalid_request")


def test_crit_and_typ(shop, http, user):
    good = {"alg": "HS256", "kid": "staging"}
    assert http.get(BALANCE, shop.token(user.id, header=good)).status == 200
    refused(http, shop.token(user.id, header=dict(good, crit=["exp"])))
    refused(http, shop.token(user.id, header=dict(good, typ="JWE")))


def test_the_tokens_of_the_existing_system(shop, http):
    """Their key is known by its id; its issuer is its own; the role is user where they say none, and never more."""
    u = shop.user()
    assert http.get(BALANCE, shop.token(u.id, kid="legacy", drop=["role"])).status == 200
    assert http.get(BALANCE, shop.token(u.id, kid="legacy")).status == 200
    refused(http, shop.token(u.id, kid="legacy", role="admin"))
    refused(http, shop.token(u.id, kid="legacy", iss="pointsmall"))
    refused(http, shop.token(u.id, kid="staging", iss="legacy"))


@pytest.mark.parametrize("role,more", [
    ("admin", {}), ("merchant", {"merchant": "01980000-0000-7000-b000-000000000001"}), ("service", {"service": "payment"}),
])
def test_other_roles_are_403_on_users_routes(shop, http, user, role, more):
    token = shop.token(user.id, role=role, **more)
    for method, path in [("GET", BALANCE), ("GET", PROFILE), ("PUT", PROFILE), ("POST", "/api/mall/exchange"),
                         ("GET", "/api/mall/exchange/orders"), ("POST", "/api/auth/logout"),
                         ("GET", "/api/mall/exchange/orders/x"), ("POST", "/api/mall/exchange/orders/x/cancel"),
                         ("GET", "/api/points/records")]:
        a = http.call(method, path, token=token)
        assert (a.status, a.code) == (403, "forbidden"), (method, path, a)


def test_the_programs_own_tokens(shop, http):
    u = shop.user()
    token = shop.stack.program("token", "--user", u.id).stdout.strip()
    assert http.get(PROFILE, token).json["id"] == u.id
    admin = shop.stack.program("token", "--role", "admin").stdout.strip()
    assert http.get(PROFILE, admin).status == 403
    for wrong in (["--role", "root"], ["--role", "user"], ["--user", "x"], ["--role", "merchant"], ["--ttl", "0"]):
        assert shop.stack.program("token", *wrong, check=False).returncode != 0


def test_a_token_without_its_user(shop, http):
    """Well signed, but for nobody: no data, no order, and no 500."""
    nobody = shop.token(new_id("9"))
    assert http.get(PROFILE, nobody).status == http.put(PROFILE, {"nickname": "x"}, nobody).status == 404
    assert http.get(BALANCE, nobody).status == 404
    assert http.get("/api/points/records", nobody).json["items"] == []
    assert http.get("/api/mall/exchange/orders", nobody).json["items"] == []
    p = shop.product()
    a = http.post("/api/mall/exchange", {"productId": p, "quantity": 1, "deliveryInfo": DELIVERY}, nobody)
    assert a.status in (401, 404), a
    assert shop.stock(p) == 10


def test_public_reads_do_not_look_at_tokens(shop, http):
    for token in ("garbage", "a.b.c", shop.token("x", exp=1)):
        for path in ("/api/mall/products", "/api/mall/categories",
                     "/api/mall/inventory/01980000-0000-7000-8000-000000000001"):
            assert http.get(path, token).status == 200
