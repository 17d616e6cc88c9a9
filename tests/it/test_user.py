# SPDX-License-Identifier: Apache-2.0
"""A user's own: profile, balance, records."""

import re
import time
from datetime import datetime, timezone

import pytest

PROFILE, BALANCE, RECORDS = "/api/user/profile", "/api/points/balance", "/api/points/records"


def near_now(text, seconds=60):
    t = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    return abs(t - time.time()) < seconds


def test_profile(shop, http):
    u = shop.user(500)
    p = http.get(PROFILE, u.token).json
    assert p["id"] == u.id and p["nickname"] == "测试" and p["personalized"] is True
    assert p["points"] == {"balance": 500, "held": 0, "debt": 0, "totalEarned": 500, "totalSpent": 0}
    assert near_now(p["createdAt"])


def test_put_changes_what_it_names(http, user):
    before = http.get(PROFILE, user.token).json
    for change in ({"nickname": "小林 🌲"}, {"avatar": "https://example.com/a.png"}, {"personalized": False},
                   {"avatar": "/files/a.png", "personalized": True}, {"avatar": None}, {"personalized": False, "nickname": "x"}):
        a = http.put(PROFILE, change, user.token)
        assert a.status == 200
        before.update(change)
        assert a.json == before
        assert http.get(PROFILE, user.token).json == before


def test_put_is_repeatable(http, user):
    """What is there already is no error: an UPDATE that changes nothing still found its row."""
    for _ in range(3):
        assert http.put(PROFILE, {"nickname": "同名"}, user.token).status == 200


def test_agreed_terms(shop, http, user):
    a = http.put(PROFILE, {"agreedTerms": "2026-10"}, user.token).json["agreedTerms"]
    assert a["version"] == "2026-10" and near_now(a["agreedAt"])
    shop.stack.sql(f"UPDATE users SET terms_agreed_at = '2026-01-02 03:04:05' WHERE id = '{user.id}'")
    same = http.put(PROFILE, {"agreedTerms": "2026-10"}, user.token).json["agreedTerms"]
    assert same == {"version": "2026-10", "agreedAt": "2026-01-02T03:04:05Z"}, "agreed to once is agreed to then"
    newer = http.put(PROFILE, {"agreedTerms": "2026-11"}, user.token).json["agreedTerms"]
    assert newer["version"] == "2026-11" and near_now(newer["agreedAt"])


@pytest.mark.parametrize("body,fields", [
    ({}, {""}), ({"nickname": ""}, {"nickname"}), ({"nickname": "x" * 33}, {"nickname"}), ({"nickname": None}, {"nickname"}),
    ({"nickname": 1}, {"nickname"}), ({"nickname": "a\nb"}, {"nickname"}), ({"avatar": ""}, {"avatar"}),
    ({"avatar": "http://x/"}, {"avatar"}), ({"avatar": "javascript:alert(1)"}, {"avatar"}), ({"avatar": "//x"}, {"avatar"}),
    ({"avatar": "https://"}, {"avatar"}), ({"avatar": "https://x/ y"}, {"avatar"}), ({"avatar": "https://x/\""}, {"avatar"}),
    ({"avatar": "/files/../etc/passwd"}, {"avatar"}), ({"avatar": "https://x/" + "y" * 500}, {"avatar"}),
    ({"personalized": 1}, {"personalized"}), ({"personalized": "true"}, {"personalized"}), ({"personalized": None}, {"personalized"}),
    ({"agreedTerms": ""}, {"agreedTerms"}), ({"agreedTerms": {}}, {"agreedTerms"}), ({"agreedTerms": "x" * 33}, {"agreedTerms"}),
    ({"points": 1}, {"points"}), ({"id": "x", "nickname": "y"}, {"id"}),
    ({"nickname": 1, "avatar": 2, "personalized": 3, "agreedTerms": 4}, {"nickname", "avatar", "personalized", "agreedTerms"}),
])
def test_bad_profiles(http, user, body, fields):
    before = http.get(PROFILE, user.token).json
    a = http.put(PROFILE, body, user.token)
    assert a.status == 400 and a.fields() == fields, a
    assert http.get(PROFILE, user.token).json == before


def test_balance(shop, http):
    u = shop.user(1000)
    p = shop.product(price=30)
    order = u.bought(p, 2)
    assert http.get(BALANCE, u.token).json == {
        "balance": 940, "held": 0, "debt": 0, "totalEarned": 1000, "totalSpent": 60, "expiring": []}
    u.cancel(order)
    assert http.get(BALANCE, u.token).json == {
        "balance": 1000, "held": 0, "debt": 0, "totalEarned": 1000, "totalSpent": 0, "expiring": []}


def test_held_and_debt_are_told(shop, http):
    u = shop.user(10)
    shop.stack.sql(f"UPDATE users SET points_debt = 7 WHERE id = '{u.id}'")
    assert http.get(BALANCE, u.token).json["debt"] == 7
    assert http.get(PROFILE, u.token).json["points"]["debt"] == 7
    shop.stack.sql(f"UPDATE users SET points_debt = 0 WHERE id = '{u.id}'")


def test_records_newest_first_with_types(shop, http):
    u = shop.user(1000)
    p = shop.product(price=30, name="茶叶礼盒")
    order = u.bought(p, 2)
    u.cancel(order)
    items = http.get(RECORDS, u.token).json["items"]
    assert [(r["type"], r["points"], r["balanceAfter"]) for r in items] == [
        ("mall_refund", 60, 1000), ("mall_exchange", -60, 940), ("adjust", 1000, 1000)]
    assert items[0]["relatedId"] == items[1]["relatedId"] == order and items[2]["relatedId"] is None
    assert items[1]["description"] == "商城兑换-茶叶礼盒"
    assert all(near_now(r["createdAt"]) for r in items)
    for kind, n in (("mall_exchange", 1), ("mall_refund", 1), ("adjust", 1), ("expire", 0), ("payment_reward", 0)):
        only = http.get(RECORDS, u.token, query={"type": kind}).json["items"]
        assert [r["type"] for r in only] == [kind] * n


def test_records_page_by_page(shop, http):
    u = shop.user(100000)
    p = shop.product(stock=100, price=1)
    for _ in range(7):
        u.bought(p)
    whole = http.get(RECORDS, u.token, query={"limit": 100}).json["items"]
    assert len(whole) == 8
    assert http.pages(RECORDS, u.token, limit=3) == whole
    assert http.pages(RECORDS, u.token, limit=8) == whole
    assert len(http.pages(RECORDS, u.token, limit=2, type="mall_exchange")) == 7


@pytest.mark.parametrize("query,fields", [
    ({"limit": 0}, {"limit"}), ({"limit": 101}, {"limit"}), ({"limit": "x"}, {"limit"}), ({"limit": ""}, {"limit"}),
    ({"limit": "1.0"}, {"limit"}), ({"limit": "+1"}, {"limit"}), ({"limit": " 1"}, {"limit"}), ({"limit": "1e1"}, {"limit"}),
    ({"type": "x"}, {"type"}), ({"type": ""}, {"type"}), ({"type": "x", "limit": -1}, {"type", "limit"}),
    ({"limit": "99999999999999999999"}, {"limit"}), ({"limit": "0x10"}, {"limit"}),
])
def test_bad_queries(http, user, query, fields):
    a = http.get(RECORDS, user.token, query=query)
    assert (a.status, a.code) == (400, "invalid_request") and a.fields() == fields, a


def test_other_users_records_are_not_mixed_in(shop, http):
    a, b = shop.users(2, 50)
    p = shop.product(price=1)
    a.bought(p)
    mine = http.get(RECORDS, b.token).json["items"]
    assert len(mine) == 1 and mine[0]["type"] == "adjust"


def test_ids_do_not_end_in_numbers_of_rows(shop, http, user):
    assert re.fullmatch(r"[0-9a-f-]{36}", http.get(RECORDS, user.token).json["items"][0]["id"])
