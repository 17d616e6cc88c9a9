# SPDX-License-Identifier: Apache-2.0
"""How often one may ask: by address at the gateway, by verified user in the workers."""

import time

from client import Client, together
from stack import wait_until

BALANCE = "/api/points/balance"


def test_by_address(shop):
    limited = Client(shop.stack, "LIMITED_URL")
    me = {"X-Forwarded-For": "203.0.113.50"}
    answers = [limited.get("/api/mall/products", headers=me) for _ in range(12)]
    refused = [a for a in answers if a.status == 429]
    assert refused and answers[0].status == 200
    for a in refused:
        assert a.code == "rate_limited" and int(a.header("Retry-After")) >= 1
    # Another address has a bucket of its own, and the refused one is let in again.
    assert limited.get("/api/mall/products", headers={"X-Forwarded-For": "203.0.113.51"}).status == 200
    wait_until(lambda: time.sleep(0.2) or limited.get("/api/mall/products", headers=me).status == 200, 5, "the next chance")


def test_loopback_is_free_on_the_main_listener(shop):
    assert {shop.http.get("/api/mall/products").status for _ in range(600)} == {200}


def test_nobody_forges_an_address_on_the_main_listener(shop):
    """X-Forwarded-For counts from a trusted proxy alone: here it changes nothing."""
    assert shop.http.get("/healthz", headers={"X-Forwarded-For": "203.0.113.9"}).status == 200


def test_by_user(shop):
    """20 a second and 40 at once; a bucket for each user, whichever worker is asked."""
    a, b = shop.users(2)
    answers = sum(together(4, lambda _: [shop.http.get(BALANCE, a.token) for _ in range(30)]), [])
    good = sum(x.status == 200 for x in answers)
    assert 40 <= good < 120, good
    for x in answers:
        if x.status != 200:
            assert (x.status, x.code) == (429, "rate_limited") and int(x.header("Retry-After")) >= 1
    assert shop.http.get(BALANCE, b.token).status == 200
    assert shop.http.post("/api/auth/logout", token=a.token).status in (204, 429)
    wait_until(lambda: time.sleep(0.1) or shop.http.get(BALANCE, a.token).status == 200, 3, "the next chance")


def test_garbage_tokens_fill_no_bucket(shop, user):
    head, body, _ = user.token.split(".")
    for _ in range(60):
        assert shop.http.get(BALANCE, f"{head}.{body}.{'A' * 43}").status == 401
    assert shop.http.get(BALANCE, user.token).status == 200
