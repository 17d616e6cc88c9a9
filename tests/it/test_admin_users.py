# SPDX-License-Identifier: Apache-2.0
"""Users for operators: search, a full view, points given and taken, blocking."""

import json
import threading

from client import together
from shop import new_id
from stack import wait_until, waiters


def view(who, user):
    a = who.get(f"/users/{user.id}")
    assert a.status == 200, a
    return a


def adjust(who, user, points, description="客服补偿", **more):
    return who.post(f"/users/{user.id}/points", {"points": points, "description": description}, **more)


def status(who, user, blocked, reason="刷单", **more):
    return who.post(f"/users/{user.id}/status", {"blocked": blocked, "reason": reason}, **more)


def ids(answer):
    assert answer.status == 200, answer
    return [u["id"] for u in answer.json["items"]]


def named(shop, *users, nickname):
    shop.stack.sql(f"UPDATE users SET nickname = '{nickname}' WHERE id IN ('" + "','".join(u.id for u in users) + "')")


# ---- lists ----

def test_search(shop):
    admin, (a, b, c) = shop.admin(), sorted(shop.users(3, 70), key=lambda u: u.id)
    name = "搜" + new_id()[-6:]
    named(shop, a, b, nickname=name + "_100%")
    named(shop, c, nickname=name + "x100y")
    # By any of the three beginnings; no character of it is a wildcard.
    assert ids(admin.get("/users", query={"q": name})) == [c.id, b.id, a.id]
    assert ids(admin.get("/users", query={"q": name + "_100%"})) == [b.id, a.id]
    assert ids(admin.get("/users", query={"q": name + "_1"})) == [b.id, a.id]
    assert ids(admin.get("/users", query={"q": a.id})) == [a.id]
    assert ids(admin.get("/users", query={"q": f"test-{b.id}"})) == [b.id]
    assert ids(admin.get("/users", query={"q": "%"})) == [] == ids(admin.get("/users", query={"q": name[1:]}))
    page = admin.get("/users", query={"q": name, "limit": 2}).json
    assert (len(page["items"]), page["total"]) == (2, 3)
    assert [u["id"] for u in admin.pages("/users", q=name, limit=1)] == [c.id, b.id, a.id]
    row = page["items"][0]
    assert row["openid"] == "test****" + c.id[-4:] and c.id not in row["openid"], "a list shows openids masked"
    assert row["points"] == {"balance": 70, "debt": 0} and "unionid" not in row


def test_blocked_ones(shop):
    admin, (a, b) = shop.admin(), shop.users(2)
    name = "停" + new_id()[-6:]
    named(shop, a, b, nickname=name)
    assert status(admin, a, True).status == 200
    assert ids(admin.get("/users", query={"q": name, "blocked": "true"})) == [a.id]
    assert ids(admin.get("/users", query={"q": name, "blocked": "false"})) == [b.id]
    assert admin.get("/users", query={"q": name, "blocked": "false"}).json["total"] == 1
    everybody = [u["id"] for u in admin.pages("/users", limit=100)]
    blocked = admin.get("/users", query={"blocked": "true", "limit": 100})
    assert a.id in ids(blocked) and all(u["blocked"] for u in blocked.json["items"])
    assert blocked.json["total"] == shop.stack.number("SELECT COUNT(*) FROM users WHERE blocked_at IS NOT NULL")
    good = [u["id"] for u in admin.pages("/users", limit=100, blocked="false")]
    assert set(everybody) - set(good) == set(ids(blocked)) and everybody == sorted(everybody, reverse=True)
    assert status(admin, a, False).status == 200


def test_bad_lists(shop):
    admin = shop.admin()
    a = admin.get("/users", query={"limit": 0, "blocked": "maybe", "q": ""})
    assert (a.status, a.fields()) == (400, {"limit", "blocked", "q"})
    assert admin.get("/users", query={"cursor": "x"}).code == "invalid_cursor"


# ---- one user ----

def test_a_full_view_is_audited(shop):
    admin, user = shop.admin(), shop.user(900)
    shop.stack.sql(f"UPDATE users SET unionid = 'un-{user.id}' WHERE id = '{user.id}'")
    user.bought(shop.product(price=100))
    a = view(admin, user)
    got = a.json
    assert (got["openid"], got["unionid"]) == (f"test-{user.id}", f"un-{user.id}")
    assert got["points"] == {"balance": 800, "held": 0, "debt": 0, "totalEarned": 900, "totalSpent": 100}
    assert (got["blocked"], got["blockedAt"], got["blockedReason"]) == (False, None, None)
    assert a.header("ETag") == '"1"'
    assert admin.audit(user.id) == [("user.view", None, None)]
    admin.get("/users", query={"q": user.id})
    assert len(admin.audit(user.id)) == 1, "a masked list is no full view"


def test_who_may(shop):
    user, merchant = shop.user(), shop.merchant()
    for who, code in ((merchant.token, "forbidden"), (user.token, "forbidden"), (None, "unauthorized")):
        for method, path, body in (("GET", "", None), ("GET", f"/{user.id}", None),
                                   ("POST", f"/{user.id}/points", {"points": 5, "description": "x"}),
                                   ("POST", f"/{user.id}/status", {"blocked": True, "reason": "x"})):
            a = shop.http.call(method, "/api/admin/users" + path, body, who)
            assert a.code == code, (method, path, a)
    assert (user.balance(), merchant.audit(user.id)) == (100000, [])


def test_nobody(shop):
    admin = shop.admin()
    for i in (new_id(), "nobody"):
        assert admin.get(f"/users/{i}").status == 404
        assert admin.post(f"/users/{i}/points", {"points": 5, "description": "x"}).status == 404
        assert admin.post(f"/users/{i}/status", {"blocked": True, "reason": "x"}).status == 404
        assert admin.audit(i) == []


# ---- points ----

def last_record(shop, user):
    return shop.stack.sql("SELECT id, type, points, balance_after, description FROM points_records WHERE "
                          f"user_id = '{user.id}' ORDER BY seq DESC LIMIT 1")[0]


def test_points_given_and_taken(shop):
    admin, user = shop.admin(), shop.user(100)
    a = adjust(admin, user, 50)
    assert a.status == 200
    assert (a.json["userId"], a.json["points"], a.json["balance"], a.json["debt"]) == (user.id, 50, 150, 0)
    assert last_record(shop, user) == [a.json["recordId"], "adjust", "50", "150", "客服补偿"]
    b = adjust(admin, user, -150, "重复发放更正")
    assert b.json["balance"] == 0
    assert adjust(admin, user, -1).code == "insufficient_points"
    assert last_record(shop, user) == [b.json["recordId"], "adjust", "-150", "0", "重复发放更正"]
    assert admin.audit(user.id) == [
        ("user.points", {"balance": 100}, {"balance": 150, "points": 50, "description": "客服补偿",
                                           "recordId": a.json["recordId"]}),
        ("user.points", {"balance": 150}, {"balance": 0, "points": -150, "description": "重复发放更正",
                                           "recordId": b.json["recordId"]})]
    told = [json.loads(r[0]) for r in shop.stack.sql(
        f"SELECT payload FROM outbox WHERE event_type = 'points.adjusted' AND aggregate = '{user.id}' ORDER BY seq")]
    assert [(p["points"], p["balanceAfter"], p["recordId"]) for p in told] == [
        (50, 150, a.json["recordId"]), (-150, 0, b.json["recordId"])]
    profile = shop.http.get("/api/points/balance", user.token).json
    assert (profile["balance"], profile["totalEarned"]) == (0, 150)
    shop.stack.verify()


def test_points_settle_a_debt_first(shop):
    admin, user = shop.admin(), shop.user(0)
    shop.stack.sql(f"UPDATE users SET points_debt = 30 WHERE id = '{user.id}'")
    p = shop.product(price=1)
    a = adjust(admin, user, 20)
    assert (a.json["balance"], a.json["debt"]) == (0, 10)
    assert last_record(shop, user)[1:4] == ["debt_settlement", "-20", "0"]
    assert admin.audit(user.id)[0][1:] == ({"balance": 0}, {"balance": 0, "points": 20, "description": "客服补偿",
                                                             "recordId": a.json["recordId"]})
    assert user.exchange(p).code == "insufficient_points"
    a = adjust(admin, user, 15)
    assert (a.json["balance"], a.json["debt"]) == (5, 0)
    assert user.exchange(p).status == 201
    shop.stack.verify()


def test_points_once_by_their_key(shop):
    admin, user = shop.admin(), shop.user(0)
    answers = together(6, lambda i: adjust(admin, user, 7, key="k1"))
    assert {a.status for a in answers} <= {200, 409} and any(a.status == 200 for a in answers)
    first = next(a for a in answers if a.status == 200)
    again = adjust(admin, user, 7, key="k1")
    assert again.body == first.body and again.header("Idempotency-Replayed") == "true"
    assert adjust(admin, user, 8, key="k1").code == "idempotency_key_reused"
    assert (user.balance(), len(admin.audit(user.id))) == (7, 1)


def test_points_of_a_row_that_is_locked_are_503(shop):
    """Whichever statement waits for it, and in whichever database it is."""
    admin, user = shop.admin(), shop.user(10)
    with shop.stack.session() as s:
        s.run(f"START TRANSACTION; UPDATE users SET points_balance = points_balance WHERE id = '{user.id}';")
        a = adjust(admin, user, 7, key="locked")
        assert (a.status, a.code) == (503, "unavailable"), a
        s.run("ROLLBACK;")
    assert adjust(admin, user, 7, key="locked").status == 200 and user.balance() == 17


def test_bad_points(shop):
    admin, user = shop.admin(), shop.user()
    for body, fields in (({"points": 0, "description": "x"}, {"points"}), ({"points": 1.0, "description": "x"}, {"points"}),
                         ({"points": "5"}, {"points", "description"}), ({}, {"points", "description"}),
                         ({"points": 1000000001, "description": ""}, {"points", "description"}),
                         ({"points": 5, "description": "x" * 201, "extra": 1}, {"description", "extra"})):
        a = admin.post(f"/users/{user.id}/points", body)
        assert (a.status, a.fields()) == (400, fields), a
    assert admin.post(f"/users/{user.id}/points", raw=b"points=5", content_type="text/plain").status == 415
    assert user.balance() == 100000


def test_many_at_once_never_go_below_zero(shop):
    admin, user = shop.admin(), shop.user(100)
    codes = [a.status for a in together(8, lambda i: adjust(admin, user, -30))]
    assert sorted(codes) == [200] * 3 + [409] * 5
    assert user.balance() == 10
    shop.stack.verify()


# ---- status ----



def statuses_of(user, n):
    """What n requests are told, whoever answers; asked this often, some are too many."""
    return {user.order(new_id()).status for _ in range(n)} - {429}


def test_a_blocked_user_is_out_at_once_and_back(shop):
    admin, user, product = shop.admin(), shop.user(), shop.product()
    a = status(admin, user, True)
    assert (a.status, a.json["blocked"], a.json["blockedReason"]) == (200, True, "刷单")
    assert a.json["openid"].count("*") == 4
    # Each worker knows it once its list is read again, in 30 s at most; the exchange at once.
    got = user.exchange(product)
    assert (got.status, got.code) in ((401, "unauthorized"), (403, "forbidden")), got
    assert user.balance() == 100000
    again = status(admin, user, True)
    assert again.json == a.json and again.header("ETag") == a.header("ETag") == '"2"'
    wait_until(lambda: statuses_of(user, 8) == {401}, 60, "the end of the tokens")
    b = status(admin, user, False, "误封")
    assert (b.json["blocked"], b.json["blockedAt"], b.json["blockedReason"]) == (False, None, None)
    wait_until(lambda: 401 not in statuses_of(user, 8), 60, "their return")
    wait_until(lambda: user.exchange(product).status == 201, 10, "the rate's leave")
    assert admin.audit(user.id) == [
        ("user.block", {"blocked": False}, {"blocked": True, "reason": "刷单"}),
        ("user.unblock", {"blocked": True, "reason": "刷单"}, {"blocked": False, "reason": "误封"})]
    assert shop.stack.number(f"SELECT COUNT(*) FROM revocations WHERE subject = 'u:{user.id}'") == 0


def test_the_reason_can_be_changed(shop):
    admin, user = shop.admin(), shop.user()
    first = status(admin, user, True, "刷单").json
    second = status(admin, user, True, "盗号").json
    assert (second["blockedReason"], second["blockedAt"]) == ("盗号", first["blockedAt"])
    assert admin.audit(user.id)[-1][1:] == ({"blocked": True, "reason": "刷单"}, {"blocked": True, "reason": "盗号"})


def test_whoever_saw_an_older_state_is_told(shop):
    admin, user = shop.admin(), shop.user()
    tag = view(admin, user).header("ETag")
    assert status(admin, user, True, headers={"If-Match": tag}).status == 200
    a = status(admin, user, False, headers={"If-Match": tag})
    assert (a.status, a.code) == (412, "precondition_failed")
    assert view(admin, user).json["blocked"] is True


def test_status_once_by_its_key(shop):
    admin, user = shop.admin(), shop.user()
    a = status(admin, user, True, key="s1")
    assert status(admin, user, False).status == 200
    b = status(admin, user, True, key="s1")
    assert b.body == a.body and b.header("Idempotency-Replayed") == "true"
    assert view(admin, user).json["blocked"] is False
    assert status(admin, user, False, key="s1").code == "idempotency_key_reused"


def test_a_status_in_progress(shop):
    admin, user = shop.admin(), shop.user()
    with shop.stack.session() as s:
        s.run(f"START TRANSACTION; SELECT id FROM users WHERE id = '{user.id}' FOR UPDATE;")
        first = []
        t = threading.Thread(target=lambda: first.append(status(admin, user, True, key="slow-status")))
        t.start()
        wait_until(lambda: waiters(shop.stack, user.id), 5, "the first to wait for the row")
        assert status(admin, user, True, key="slow-status").code == "idempotency_in_progress"
        s.run("ROLLBACK;")
        t.join()
    assert first[0].status == 200 and first[0].json["blocked"] is True


def test_bad_status(shop):
    admin, user = shop.admin(), shop.user()
    for body, fields in (({}, {"blocked", "reason"}), ({"blocked": 1, "reason": "x"}, {"blocked"}),
                         ({"blocked": True}, {"reason"}), ({"blocked": True, "reason": ""}, {"reason"})):
        a = admin.post(f"/users/{user.id}/status", body)
        assert (a.status, a.fields()) == (400, fields), a
    assert admin.post(f"/users/{user.id}/status", raw=b"x", content_type="text/plain").status == 415
