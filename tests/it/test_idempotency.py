# SPDX-License-Identifier: Apache-2.0
"""Idempotency-Key: replay, reuse, two at once, and what leaves a key free."""

import json
import threading

import pytest

from client import together
from shop import EXCHANGE, ORDERS
from stack import wait_until, waiters


def keys(shop, user):
    return shop.stack.number(f"SELECT COUNT(*) FROM idempotency_keys WHERE caller = 'user:{user.id}'")


def replayed(a, first):
    assert a.status == first.status, a
    assert a.body == first.body, "byte for byte"
    assert a.header("Idempotency-Replayed") == "true"
    assert a.header("Content-Type") == "application/json"


def test_replay(shop, user, product):
    first = user.exchange(product, key="a")
    assert first.status == 201 and first.header("Idempotency-Replayed") is None
    for _ in range(3):
        replayed(user.exchange(product, key="a"), first)
    assert user.orders() == 1 and shop.stock(product) == 9 and user.balance() == 100000 - 100
    # Each answer has its own request's id all the same.
    a = user.exchange(product, key="a", headers={"X-Request-Id": "again"})
    replayed(a, first)


def test_a_replay_whatever_became_of_things(shop, user, product):
    first = user.exchange(product, key="a", pointsCost=100)
    shop.change(product, points_price=150, status=0)
    replayed(user.exchange(product, key="a", pointsCost=100), first)
    user.cancel(first.json["exchangeOrderId"])
    replayed(user.exchange(product, key="a", pointsCost=100), first)


def test_no_key_no_memory(shop, user, product):
    a, b = user.exchange(product), user.exchange(product)
    assert a.json["exchangeOrderId"] != b.json["exchangeOrderId"]
    assert keys(shop, user) == 0


def test_another_body_is_422(shop, user, product):
    first = user.exchange(product, key="a")
    for other in (user.exchange(product, 2, key="a"), user.exchange(product, key="a", source="x"),
                  user.exchange(shop.product(), key="a"),
                  shop.http.post(EXCHANGE, raw=json.dumps(user.wish(product)) + " ", token=user.token, key="a")):
        assert (other.status, other.code) == (422, "idempotency_key_reused"), other
    replayed(user.exchange(product, key="a"), first)
    assert user.orders() == 1


def test_another_path_is_422(shop, user, product):
    order = user.exchange(product, key="a").json["exchangeOrderId"]
    a = user.cancel(order, key="a")
    assert (a.status, a.code) == (422, "idempotency_key_reused")
    assert user.order(order).json["status"] == 1


@pytest.mark.parametrize("raw", ["", "{", "[]", "{}", "null", '{"productId":1}', "\ufeff{}", "x" * 5000])
def test_an_invalid_body_under_a_used_key_is_422(shop, user, product, raw):
    user.exchange(product, key="a")
    a = shop.http.post(EXCHANGE, raw=raw, token=user.token, key="a")
    assert (a.status, a.code) == (422, "idempotency_key_reused"), a


def test_another_type_under_a_used_key(shop, user, product):
    """The key is looked up before the type is: the same bytes bring the same answer."""
    body = json.dumps(user.wish(product), ensure_ascii=False)
    first = shop.http.post(EXCHANGE, raw=body, token=user.token, key="a")
    replayed(shop.http.post(EXCHANGE, raw=body, token=user.token, key="a", content_type="text/plain"), first)


def test_keys_are_the_callers(shop, product):
    a, b = shop.users(2)
    first, second = a.exchange(product, key="same"), b.exchange(product, key="same")
    assert first.status == second.status == 201
    assert first.json["exchangeOrderId"] != second.json["exchangeOrderId"]


def test_keys_are_compared_byte_for_byte(shop, user):
    p = shop.product(stock=100, price=1)
    given = ["k", "K", "k.", "k~", "k'", 'k"', "k\\", "k%", "k%41", "k?", "\u0021", "x" * 64, "X" * 64]
    orders = {user.exchange(p, key=k).json["exchangeOrderId"] for k in given}
    assert len(orders) == len(given)
    for k in given:
        assert user.exchange(p, key=k).header("Idempotency-Replayed") == "true"
    assert user.orders() == len(given)


@pytest.mark.parametrize("key", ["x" * 65, "a b", "ä".encode(), b"\xff", "a\tb"])
def test_unfit_keys_are_400(shop, user, product, key):
    headers = [("Content-Type", "application/json"), ("Authorization", "Bearer " + user.token), ("Idempotency-Key", key)]
    a = shop.http.send("POST", EXCHANGE, json.dumps(user.wish(product)).encode(), headers)
    assert (a.status, a.code) == (400, "invalid_request") and a.fields() == {"Idempotency-Key"}
    assert user.orders() == 0


def test_a_4xx_leaves_the_key_free(shop):
    u = shop.user(100)
    p = shop.product(stock=1, price=150)
    assert u.exchange(p, key="a").code == "insufficient_points"
    assert u.exchange(p, 0, key="a").status == 400
    assert shop.http.post(EXCHANGE, raw="{", token=u.token, key="a").status == 400
    assert shop.http.post(EXCHANGE, raw=" " * 9000, token=u.token, key="a").status == 413
    assert u.exchange(p, key="a", pointsCost=1).code == "price_changed"
    assert u.cancel("01980000-0000-7000-8abc-ffffffffffff", key="a").status == 404
    assert keys(shop, u) == 0
    shop.change(p, points_price=100)
    first = u.exchange(p, key="a")
    assert first.status == 201
    replayed(u.exchange(p, key="a"), first)


def test_the_winner_of_the_last_piece_retries(shop, product):
    """Sold out, flag and all: whoever bought the last piece and lost the answer gets it."""
    p = shop.product(stock=1)
    winner, *others = shop.users(6)
    first = winner.exchange(p, key="last")
    assert first.status == 201
    for u in others:
        for _ in range(3):
            assert u.exchange(p, key="last").code == "out_of_stock"
    for _ in range(20):     # whichever worker it meets
        replayed(winner.exchange(p, key="last"), first)
    a = winner.exchange(p, 2, key="last")
    assert (a.status, a.code) == (422, "idempotency_key_reused")
    assert winner.exchange(p, key="new").code == "out_of_stock"


def test_the_key_comes_before_authorisation_of_nobody(shop, user, product):
    user.exchange(product, key="a")
    a = shop.http.post(EXCHANGE, user.wish(product), None, key="a")
    assert (a.status, a.code) == (401, "unauthorized")
    a = shop.http.post(EXCHANGE, user.wish(product), shop.token(user.id, role="admin"), key="a")
    assert (a.status, a.code) == (403, "forbidden")


def test_the_same_key_at_once_has_one_effect(shop):
    p = shop.product(stock=100, price=1)
    u = shop.user()
    for n in range(5):
        answers = together(8, lambda _: u.exchange(p, key=f"k{n}"))
        done = [a for a in answers if a.status == 201]
        assert done, answers
        assert len({a.body for a in done}) == 1
        assert sum(a.header("Idempotency-Replayed") is None for a in done) == 1
        for a in answers:
            if a.status != 201:
                assert (a.status, a.code) == (409, "idempotency_in_progress"), a
                assert int(a.header("Retry-After")) >= 1
        assert u.orders() == n + 1
    assert shop.stock(p) == 95 and u.balance() == 100000 - 5


def test_in_progress_is_answered_within_a_second(shop, user, product):
    with shop.stack.session() as s:
        s.run(f"START TRANSACTION; SELECT id FROM products WHERE id = '{product}' FOR UPDATE;")
        first = []
        t = threading.Thread(target=lambda: first.append(user.exchange(product, key="slow")))
        t.start()
        wait_until(lambda: waiters(shop.stack, product), 5, "the first to wait for the row")
        for _ in range(3):
            a = user.exchange(product, key="slow")
            assert (a.status, a.code) == (409, "idempotency_in_progress"), a
            assert a.header("Retry-After") == "1"
            assert a.seconds < 1, a.seconds
        other = user.exchange(product, 2, key="slow")       # another body: whose answer it is cannot be known yet
        assert (other.status, other.code) in {(409, "idempotency_in_progress"), (422, "idempotency_key_reused")}
        assert other.seconds < 1
        s.run("ROLLBACK;")
    t.join(30)
    assert first[0].status == 201, first
    replayed(user.exchange(product, key="slow"), first[0])
    assert user.orders() == 1


def test_a_lock_that_is_held_too_long_is_503_and_leaves_the_key_free(shop, user, product):
    with shop.stack.session() as s:
        s.run(f"START TRANSACTION; SELECT id FROM products WHERE id = '{product}' FOR UPDATE;")
        a = user.exchange(product, key="k")
        assert (a.status, a.code) == (503, "unavailable"), a
        assert int(a.header("Retry-After")) >= 1
        s.run("ROLLBACK;")
    assert user.orders() == 0 and keys(shop, user) == 0 and user.balance() == 100000
    assert user.exchange(product, key="k").status == 201


def test_cancel_is_replayed(shop, user, product):
    order = user.bought(product)
    first = user.cancel(order, key="c", body={"reason": "不想要了"})
    assert first.status == 200
    replayed(user.cancel(order, key="c", body={"reason": "不想要了"}), first)
    assert user.cancel(order, key="c", body={"reason": "别的"}).status == 422
    assert user.cancel(order, key="c").status == 422
    assert user.cancel(order, key="d", body={"reason": "不想要了"}).code == "invalid_state"
    assert user.balance() == 100000 and shop.stock(product) == 10
    none = user.bought(product)
    a = user.cancel(none, key="e")
    replayed(user.cancel(none, key="e"), a)
    assert shop.http.get(f"{ORDERS}/{none}", user.token).json["status"] == 4


def test_login_has_no_keys(shop):
    a = shop.http.post("/api/auth/login", {"code": "cIdem"}, key="x")
    b = shop.http.post("/api/auth/login", {"code": "cIdem"}, key="x")
    assert a.status == b.status == 200 and a.json["refreshToken"] != b.json["refreshToken"]
    assert b.header("Idempotency-Replayed") is None


def test_old_keys_are_forgotten_by_jobs_only(shop, user, product):
    """Within 24 hours it is kept; what is older may go, and then the key is free."""
    first = user.exchange(product, key="old")
    shop.stack.sql(f"UPDATE idempotency_keys SET created_at = created_at - INTERVAL 23 HOUR WHERE caller = 'user:{user.id}'")
    replayed(user.exchange(product, key="old"), first)
