# SPDX-License-Identifier: Apache-2.0
"""Login by WeChat's stand-in, refresh tokens in rotation, logout, blocked users."""

import base64
import hashlib
import json
import secrets
import time

import pytest

from client import together
from stack import is_id, wait_until

LOGIN, REFRESH, LOGOUT, PROFILE = "/api/auth/login", "/api/auth/refresh", "/api/auth/logout", "/api/user/profile"


def code():
    return "c" + secrets.token_hex(8)


def login(http, c=None):
    a = http.post(LOGIN, {"code": c or code()})
    assert a.status == 200, a
    return a.json


def claims(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def refresh(http, token):
    return http.post(REFRESH, {"refreshToken": token})


# ---- login ----

def test_the_first_login_makes_the_user(shop, http):
    c = code()
    got = login(http, c)
    assert got["tokenType"] == "Bearer" and got["expiresIn"] == 900
    user = got["user"]
    assert is_id(user["id"]) and user["points"] == {"balance": 0, "held": 0, "debt": 0, "totalEarned": 0, "totalSpent": 0}
    assert user["nickname"] == "" and user["avatar"] is None and user["agreedTerms"] is None
    assert http.get(PROFILE, got["accessToken"]).json == user
    assert shop.stack.one(f"SELECT openid FROM users WHERE id = '{user['id']}'") == "o" + c
    again = login(http, c)
    assert again["user"]["id"] == user["id"]
    assert again["refreshToken"] != got["refreshToken"]
    assert shop.stack.number(f"SELECT COUNT(*) FROM users WHERE openid = 'o{c}'") == 1


def test_the_access_token(http):
    got = login(http)
    c = claims(got["accessToken"])
    assert c["sub"] == got["user"]["id"] and c["role"] == "user" and c["aud"] == "pointsmall"
    assert c["exp"] - c["iat"] == 900 and abs(c["iat"] - time.time()) < 30
    assert is_id(c["fam"])


def test_openids_that_differ_in_case_are_two_users(shop, http):
    c = "cAbC" + secrets.token_hex(6)
    first, second = login(http, c), login(http, c.swapcase())
    assert first["user"]["id"] != second["user"]["id"]
    assert login(http, c)["user"]["id"] == first["user"]["id"]
    # Nor does a space at the end merge accounts.
    shop.stack.sql(f"INSERT INTO users (id, openid, created_at) VALUES ('{first['user']['id'][:-4]}ffff', 'o{c} ', UTC_TIMESTAMP(3))")
    assert login(http, c)["user"]["id"] == first["user"]["id"]


def test_two_first_logins_at_once_make_one_user(shop, http):
    c = code()
    got = together(8, lambda i: http.post(LOGIN, {"code": c}))
    assert {a.status for a in got} == {200}, got
    assert len({a.json["user"]["id"] for a in got}) == 1


def test_unionid_is_kept(shop, http):
    c = "u" + secrets.token_hex(8)
    user = login(http, c)["user"]["id"]
    assert shop.stack.one(f"SELECT unionid FROM users WHERE id = '{user}'") == "u" + c


@pytest.mark.parametrize("errcode,status,problem", [
    ("40029", 400, "invalid_request"), ("45011", 429, "rate_limited"), ("40226", 403, "forbidden"),
    ("-1", 503, "unavailable"),
])
def test_wechats_errors(shop, http, errcode, status, problem):
    users = shop.stack.number("SELECT COUNT(*) FROM users")
    a = http.post(LOGIN, {"code": f"err-{errcode}"})
    assert (a.status, a.code) == (status, problem), a
    if errcode == "40029":
        assert a.fields() == {"code"}
    assert shop.stack.number("SELECT COUNT(*) FROM users") == users


@pytest.mark.parametrize("given", ["a b", "a&appid=x", "a#b", "a%26b", "登录", "x" * 128, "?", "../"])
def test_a_code_is_escaped_on_its_way(http, given):
    """WeChat sees it as one code, and not one of its own."""
    a = http.post(LOGIN, {"code": given})
    assert (a.status, a.code) == (400, "invalid_request") and a.fields() == {"code"}


@pytest.mark.parametrize("body,fields", [
    ({}, {"code"}), ({"code": ""}, {"code"}), ({"code": "x" * 129}, {"code"}), ({"code": 1}, {"code"}),
    ({"code": "a", "more": 1}, {"more"}), ({"code": None}, {"code"}), ({"code": "a\nb"}, {"code"}),
])
def test_login_body(http, body, fields):
    a = http.post(LOGIN, body)
    assert a.status == 400 and a.fields() == fields


def test_no_secret_is_in_the_logs(shop, http):
    got = login(http)
    refresh(http, got["refreshToken"])
    http.get(PROFILE, got["accessToken"])
    for log in ("serve", "access", "nginx", "jobs"):
        text = shop.stack.log(log)
        assert got["refreshToken"] not in text
        assert got["accessToken"].split(".")[2] not in text
        assert shop.stack.setting("wechat", "secret") not in text
        assert shop.stack.setting("db", "password") not in text


# ---- refresh ----

def age_use(shop, token, seconds):
    """As if the token had been used so many seconds earlier."""
    h = hashlib.sha256(token.encode()).hexdigest()
    shop.stack.sql(f"UPDATE refresh_tokens SET used_at = used_at - INTERVAL {seconds} SECOND WHERE token_hash = x'{h}'")


def test_rotation(shop, http):
    got = login(http)
    for _ in range(3):
        a = refresh(http, got["refreshToken"])
        assert a.status == 200
        assert a.json["refreshToken"] != got["refreshToken"]
        assert a.json["user"]["id"] == got["user"]["id"]
        assert claims(a.json["accessToken"])["fam"] == claims(got["accessToken"])["fam"]
        assert http.get(PROFILE, a.json["accessToken"]).status == 200
        got = a.json


def test_refresh_tokens_are_stored_hashed(shop, http):
    token = login(http)["refreshToken"]
    h = hashlib.sha256(token.encode()).hexdigest()
    assert shop.stack.number(f"SELECT COUNT(*) FROM refresh_tokens WHERE token_hash = x'{h}'") == 1
    assert shop.stack.number(f"SELECT COUNT(*) FROM refresh_tokens WHERE token_hash = '{token[:32]}'") == 0


def test_a_used_token_that_comes_back_revokes_the_family(shop, http):
    first = login(http)
    other = login(http)
    second = refresh(http, first["refreshToken"]).json
    third = refresh(http, second["refreshToken"]).json
    a = refresh(http, first["refreshToken"])        # its successor was used: no lost answer
    assert (a.status, a.code) == (401, "unauthorized")
    for token in (third["refreshToken"], second["refreshToken"], first["refreshToken"]):
        assert refresh(http, token).status == 401
    assert refresh(http, other["refreshToken"]).status == 200


def test_a_lost_answer_within_30_seconds(shop, http):
    first = login(http)
    lost = refresh(http, first["refreshToken"]).json
    again = refresh(http, first["refreshToken"])
    assert again.status == 200
    assert again.json["refreshToken"] != lost["refreshToken"]
    # The unused one died, and its coming back does not harm the family.
    assert refresh(http, lost["refreshToken"]).status == 401
    assert refresh(http, again.json["refreshToken"]).status == 200


def test_a_lost_answer_after_30_seconds(shop, http):
    first = login(http)
    lost = refresh(http, first["refreshToken"]).json
    age_use(shop, first["refreshToken"], 31)
    assert refresh(http, first["refreshToken"]).status == 401
    assert refresh(http, lost["refreshToken"]).status == 401


def test_two_refreshes_at_once_leave_one_good_token(http):
    first = login(http)
    got = together(6, lambda i: refresh(http, first["refreshToken"]))
    good = [a.json["refreshToken"] for a in got if a.status == 200]
    assert good and {a.status for a in got} <= {200, 401}, got
    assert sum(refresh(http, token).status == 200 for token in good) <= 1


def test_an_expired_refresh_token(shop, http):
    token = login(http)["refreshToken"]
    h = hashlib.sha256(token.encode()).hexdigest()
    shop.stack.sql(f"UPDATE refresh_tokens SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE token_hash = x'{h}'")
    assert refresh(http, token).status == 401


@pytest.mark.parametrize("given", ["x", "x" * 43, "x" * 128, "' OR 1=1 --", "登录"])
def test_no_such_refresh_token(http, given):
    a = refresh(http, given)
    assert (a.status, a.code) == (401, "unauthorized")
    assert a.header("WWW-Authenticate") == "Bearer"


@pytest.mark.parametrize("body,fields", [({"refreshToken": ""}, {"refreshToken"}), ({"refreshToken": "x" * 129}, {"refreshToken"}),
                                         ({"refreshToken": None}, {"refreshToken"}),
                                         ({"refreshToken": "x", "code": "y"}, {"code"})])
def test_refresh_body(http, body, fields):
    a = http.post(REFRESH, body)
    assert a.status == 400 and a.fields() == fields


# ---- logout, block: within a minute; the list of the revoked is read every 30 s ----

def test_logout_and_block_stop_within_a_minute(shop, http):
    """Both in one test: the minute is waited for once. Whether a worker knows is asked until all of them do."""
    gone, stays = login(http), login(http)
    pulled = login(http)        # its family is revoked by a used token that comes back
    second = refresh(http, pulled["refreshToken"]).json
    refresh(http, second["refreshToken"])
    blocked = shop.user()
    assert http.get(PROFILE, blocked.token).status == 200

    a = http.post(LOGOUT, token=gone["accessToken"])
    assert a.status == 204 and a.body == b""
    assert refresh(http, gone["refreshToken"]).status == 401, "its refresh tokens stop at once"
    assert refresh(http, pulled["refreshToken"]).status == 401
    shop.stack.sql(f"UPDATE users SET blocked_at = UTC_TIMESTAMP(3) WHERE id = '{blocked.id}';"
                   f"INSERT INTO revocations (subject) VALUES ('u:{blocked.id}')")
    begun = time.monotonic()

    def stopped(token, path=PROFILE, method="GET"):
        # 30 times in a row: every worker of the pool has seen it.
        return all(http.call(method, path, token=token, headers={"Connection": "close"} if i % 8 == 7 else {}).status
                   in (401,) for i in range(30))
    for token in (gone["accessToken"], pulled["accessToken"], blocked.token):
        wait_until(lambda: time.sleep(0.4) or stopped(token), 60, "the end of the access token")
    assert time.monotonic() - begun < 62
    assert http.get(PROFILE, stays["accessToken"]).status == 200
    assert http.post(LOGOUT, token=gone["accessToken"]).status in (204, 401)
    # The other pool has lists of its own.
    wait_until(lambda: time.sleep(0.4) or stopped(blocked.token, LOGOUT, "POST"), 60, "the end in the other pool")
    shop.stack.sql(f"UPDATE users SET blocked_at = NULL WHERE id = '{blocked.id}'")


def test_a_blocked_user_gets_no_tokens_and_no_goods_at_once(shop, http):
    c = code()
    got = login(http, c)
    p = shop.product()
    user = got["user"]["id"]
    shop.stack.sql(f"UPDATE users SET blocked_at = UTC_TIMESTAMP(3), blocked_reason = 'x' WHERE id = '{user}'")
    for a in (http.post(LOGIN, {"code": c}), refresh(http, got["refreshToken"])):
        assert (a.status, a.code) == (403, "forbidden"), a
    rich = shop.user()
    shop.stack.sql(f"UPDATE users SET blocked_at = UTC_TIMESTAMP(3) WHERE id = '{rich.id}'")
    a = rich.exchange(p)
    assert (a.status, a.code) == (403, "forbidden"), a
    assert shop.stock(p) == 10 and rich.orders() == 0


def test_logout_of_a_token_without_a_login(shop, http, user):
    assert http.post(LOGOUT, token=user.token).status == 204
    assert http.get(PROFILE, user.token).status == 200
