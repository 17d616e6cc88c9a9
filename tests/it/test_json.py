# SPDX-License-Identifier: Apache-2.0
"""JSON in: nothing is forgiven, nothing is coerced, every bad field is named at once, in two languages."""

import json
import re

import pytest

from shop import DELIVERY, EXCHANGE

CHECK = "/api/mall/inventory/check"
PRODUCT = "01980000-0000-7000-8000-000000000001"
ITEM = '{"productId":"%s","quantity":1}' % PRODUCT


def items(text):
    return f'{{"items":[{text}]}}'


@pytest.mark.parametrize("text", [
    "", " ", "{", "}", "[]", "null", "1", '"x"', "true", items(ITEM) + "x", items(ITEM) + items(ITEM), items(ITEM) + ",",
    items(ITEM) + "\x00", "\ufeff" + items(ITEM), items(ITEM + ","), '{"items":[' + ITEM + "],}", "{'items':[]}",
    '{"items":[' + ITEM + "]/*c*/}", "// c\n" + items(ITEM), '{items:[]}', '{"items":NaN}', '{"items":Infinity}',
    '{"items":-Infinity}', '{"items":nan}', '{"items":[' + ITEM + '],"items":[' + ITEM + "]}",
    '{"items":[' + ITEM + '],"it\\u0065ms":[' + ITEM + "]}", items('{"productId":"%s","quantity":01}' % PRODUCT),
    items('{"productId":"%s","quantity":+1}' % PRODUCT), items('{"productId":"%s","quantity":.5}' % PRODUCT),
    items('{"productId":"%s","quantity":1.}' % PRODUCT), items('{"productId":"%s","quantity":0x1}' % PRODUCT),
    items('{"productId":"%s","quantity":1e}' % PRODUCT), 
    items('{"productId":"\\ud83d","quantity":1}'), items('{"productId":"\\ude00\\ud83d","quantity":1}'),
    items('{"productId":"\\udc00","quantity":1}'), items('{"productId":"a\nb","quantity":1}'),
    items('{"productId":"a\tb","quantity":1}'), items('{"productId":"a\x01b","quantity":1}'),
    items('{"productId":"\\x41","quantity":1}'), items('{"productId":"\\u12","quantity":1}'),
    items('{"productId":"' + PRODUCT + ',"quantity":1}'), '{"items":[' + ITEM + "]", "True", '{"items":[' + ITEM + "]}\x0b",
    '{"items" :\xa0[' + ITEM + "]}",
])
def test_what_is_no_json_is_refused(http, text):
    a = http.post(CHECK, raw=text.encode("utf-8"))
    assert (a.status, a.code) == (400, "invalid_request"), a
    assert a.fields() == {""}, a


@pytest.mark.parametrize("data", [
    b"\xff", items(ITEM).encode() + b"\xff", b'{"items":[{"productId":"\xc0\xaf","quantity":1}]}',
    b'{"items":[{"productId":"\xed\xa0\x80","quantity":1}]}', b'{"items":[{"productId":"\xf4\x90\x80\x80","quantity":1}]}',
    b'{"items":[{"productId":"\xe4\xbd","quantity":1}]}', items(ITEM).encode("utf-16"), items(ITEM).encode("utf-32"),
    b'{"\xffitems":[]}',
])
def test_what_is_no_utf8_is_refused(http, data):
    a = http.post(CHECK, raw=data)
    assert a.status == 400 and a.fields() == {""}, a


def test_depth(http):
    def nested(n):      # n levels with the object itself
        return '{"a":' + "[" * (n - 1) + "]" * (n - 1) + "}"
    assert http.post(CHECK, raw=nested(32)).fields() == {"a", "items"}
    assert http.post(CHECK, raw=nested(33)).fields() == {""}
    assert http.post(CHECK, raw="[" * 4000).fields() == {""}


@pytest.mark.parametrize("quantity", [
    '"1"', "1.0", "1e0", "10e-1", "true", "null", "[]", "{}", "0", "-1", "100000", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "18446744073709551617", "1" + "0" * 400, "1e400", "0.5", "-0", "1E2",
])
def test_a_quantity_is_an_integer_in_range(http, quantity):
    a = http.post(CHECK, raw=items('{"productId":"%s","quantity":%s}' % (PRODUCT, quantity)))
    assert a.status == 400 and a.fields() == {"items[0].quantity"}, a


@pytest.mark.parametrize("product", ["null", "1", '""', '"x"', '"%s "' % PRODUCT, '"%s"' % PRODUCT.upper().replace("0", "A"),
                                     "[]", "true", '"%s\\u0000"' % PRODUCT])
def test_an_id_is_a_uuid(http, product):
    a = http.post(CHECK, raw=items('{"productId":%s,"quantity":1}' % product))
    assert a.status == 400 and a.fields() == {"items[0].productId"}, a


def test_escapes_are_understood(http):
    escaped = "".join(f"\\u{ord(c):04x}" for c in PRODUCT)
    a = http.post(CHECK, raw='{"\\u0069tems" : [\r\n\t{"productId":"%s","quantity":1}]} ' % escaped)
    assert a.status == 200 and a.json["items"][0]["productId"] == PRODUCT


def test_all_bad_fields_are_named_at_once(http, user):
    body = {"productId": "x", "quantity": "1", "deliveryInfo": {"receiverName": "", "receiverPhone": 5, "more": 1},
            "pointsCost": 0, "confirm": 1, "source": "", "unknown": None}
    a = http.post(EXCHANGE, body, user.token)
    assert a.status == 400
    assert a.fields() == {"productId", "quantity", "deliveryInfo.receiverName", "deliveryInfo.receiverPhone",
                          "deliveryInfo.address", "deliveryInfo.more", "pointsCost", "confirm", "source", "unknown"}


def test_each_of_a_list_is_named(http):
    body = {"items": [{"productId": PRODUCT, "quantity": 1}, {"quantity": 0}, 7, {"productId": PRODUCT, "quantity": 1, "x": 1}]}
    a = http.post(CHECK, body)
    assert a.fields() == {"items[1].productId", "items[1].quantity", "items[2]", "items[3].x"}


def test_the_words_for_a_field_in_two_languages(http, user):
    chinese = re.compile("[\u4e00-\u9fff]")
    body = {"productId": "x", "quantity": 100, "deliveryInfo": None, "unknown": 1}
    zh = http.post(EXCHANGE, body, user.token)
    en = http.post(EXCHANGE, body, user.token, headers={"Accept-Language": "en-GB"})
    assert zh.fields() == en.fields() == {"productId", "quantity", "deliveryInfo", "unknown"}
    assert all(chinese.search(e["message"]) for e in zh.json["errors"])
    assert not any(chinese.search(e["message"]) for e in en.json["errors"])
    words = {e["field"]: e["message"] for e in en.json["errors"]}
    assert "1" in words["quantity"] and "99" in words["quantity"]


def test_missing_members_are_named(http, user):
    assert http.post(EXCHANGE, {}, user.token).fields() == {"productId", "quantity", "deliveryInfo"}
    assert http.post(CHECK, {}).fields() == {"items"}
    assert http.post("/api/auth/login", {}).fields() == {"code"}
    assert http.post("/api/auth/refresh", {}).fields() == {"refreshToken"}


@pytest.mark.parametrize("n,good", [(0, False), (1, True), (50, True), (51, False)])
def test_a_list_has_bounds(http, n, good):
    a = http.post(CHECK, {"items": [{"productId": PRODUCT, "quantity": 1}] * n})
    assert (a.status == 200) == good
    if not good:
        assert a.fields() == {"items"}


@pytest.mark.parametrize("member,values", [
    ("receiverName", ["", "x" * 33, None, 1, "a\nb", "a\u0000b", "a\u007fb"]),
    ("receiverPhone", ["1234", "1" * 21, 13800138000, None]),
    ("address", ["", "址" * 201, [], "a\u0001b"]),
])
def test_delivery_info(http, user, member, values):
    for value in values:
        body = {"productId": PRODUCT, "quantity": 1, "deliveryInfo": dict(DELIVERY, **{member: value})}
        a = http.post(EXCHANGE, body, user.token)
        assert a.status == 400 and a.fields() == {f"deliveryInfo.{member}"}, (value, a)


def test_characters_count_not_bytes(shop, http, user, product):
    """32 characters of four bytes each fit."""
    delivery = dict(DELIVERY, receiverName="😀" * 32, address="址" * 200, receiverPhone="1" * 20)
    order = user.bought(product, deliveryInfo=delivery, source="源" * 32)
    assert user.order(order).json["deliveryInfo"] == delivery


def test_quotes_and_backslashes_stay_what_they_are(shop, http, user, product):
    delivery = dict(DELIVERY, receiverName="O'Neil \"x\" \\", address="a%00';--\\' \" / <b>&amp; \u2028 \U0001f600 ?? ?",
                    receiverPhone="+86 (0) 1\\'")
    order = user.bought(product, deliveryInfo=delivery, source="'\\\"?")
    assert user.order(order).json["deliveryInfo"] == delivery
    again = shop.http.get("/api/mall/exchange/orders", user.token)
    assert again.json["items"][0]["deliveryInfo"] == delivery
    name = "'; DROP TABLE users; -- \\ \" ? 名"[:32]
    assert shop.http.put("/api/user/profile", {"nickname": name}, user.token).json["nickname"] == name


def test_a_page_of_bad_members_is_answered_shortly(http):
    body = {f"member{i}": i for i in range(200)}
    a = http.post(CHECK, json.loads(json.dumps(body)))
    assert a.status == 400 and 0 < len(a.json["errors"]) <= 200
    assert len(a.body) < 65536
