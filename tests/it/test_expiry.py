# SPDX-License-Identifier: Apache-2.0
"""Points that expire: against a model, at any time of day; through the mall's own doors; and two hosts at once."""

import datetime
import json
import os
import re
import threading
import time

import pytest

from conftest import running
from ledger import DAY_S, Driver, Model
from shop import new_id
from stack import ROOT, wait_until

START_S = 1800000000        # some day of 2027
ACCOUNT = "SELECT points_balance, points_debt, points_earned, points_spent, points_out FROM users WHERE id = '{}'"
RECORDS = "SELECT type, points, balance_after FROM points_records WHERE user_id = '{}' ORDER BY seq"


@pytest.fixture(scope="module")
def ledger():
    """An instance of its own: its users' ledgers hold what no order took, and its jobs stand still."""
    for shop in running():
        shop.stack.stop("jobs")
        yield shop


def records(shop, user):
    return [(r[0], int(r[1]), int(r[2])) for r in shop.stack.sql(RECORDS.format(user))]


def step(d, m, user, rng, now_s, stack):
    """One thing that happens, to both; what it was."""
    dates = [None] + [START_S + k * 3 * DAY_S for k in range(1, 25)]
    what = rng.choices(["award", "take", "refund", "adjust", "expire", "debt", "early"], [8, 8, 5, 2, 3, 0.5, 1])[0]
    if what == "award":
        expires = rng.choice([e for e in dates if e is None or e > now_s])
        points = rng.choice([1, 2, 10, rng.randrange(1, 300)])
        assert d.award(user, points, expires, "s:" + new_id()) == "ok"
        m.award(points, expires)
    elif what == "take":
        order, points = new_id(), rng.randrange(1, max(2, m.balance + m.balance // 8 + 2))
        assert d.do("take", user, order, points) == ("ok" if m.take(order, points) else "insufficient_points"), (order, points)
    elif what == "refund" and m.orders:
        order = rng.choice(sorted(m.orders))
        points = sum(p for _, p in m.orders[order])
        assert d.do("refund", user, order, points) == "ok"
        m.refund(order, now_s)
        assert d.do("refund", user, order, points) == "conflict", "given back twice"
    elif what == "adjust":
        points = rng.choice([-1, 1]) * rng.randrange(1, 100)
        assert d.do("adjust", user, points) == ("ok" if m.adjust(points) else "insufficient_points")
    elif what == "expire":
        assert d.do("expire") == "ok"
        m.expire(now_s)
    elif what == "debt":
        n = rng.randrange(1, 200)
        stack.sql(f"UPDATE users SET points_debt = points_debt + {n} WHERE id = '{user}'")
        m.debt += n
    return what


@pytest.mark.parametrize("case", range(6))
def test_the_ledger_is_the_models(ledger, rng, case):
    user, m, now_s, done = ledger.user(0).id, Model(), START_S, []
    with Driver(ledger.stack) as d:
        for _ in range(120):
            d.now(now_s)
            done.append((now_s, step(d, m, user, rng, now_s, ledger.stack)))
            assert d.account(user) == m.account(), done[-6:]
            now_s += rng.choice([0, 60, 3600, DAY_S])
        d.now(START_S + 200 * DAY_S)
        assert d.do("expire") == "ok"
        m.expire(START_S + 200 * DAY_S)
        assert d.account(user) == m.account()
    assert records(ledger, user) == m.records
    assert int(ledger.stack.sql(ACCOUNT.format(user))[0][4]) == m.out
    assert ledger.stack.number(f"SELECT COUNT(*) FROM points_lots WHERE user_id = '{user}' AND closed_at IS NULL") == 0
    events = ledger.stack.sql("SELECT event_type, payload FROM outbox WHERE event_type LIKE 'points.%' AND "
                              f"aggregate = '{user}' ORDER BY seq")
    told = [(t, json.loads(p)) for t, p in events]
    assert [(p["balanceAfter"], abs(p["points"])) for _, p in told] == [(b, abs(n)) for _, n, b in m.records]
    names = {"payment_reward": "points.awarded", "mall_exchange": "points.consumed", "mall_refund": "points.refunded",
             "adjust": "points.adjusted", "debt_settlement": "points.adjusted", "expire": "points.expired"}
    assert [t for t, _ in told] == [names[r[0]] for r in m.records]
    assert {p["userId"] for _, p in told} <= {user}


def test_spending_touches_no_lot(ledger):
    user = ledger.user(0).id
    with Driver(ledger.stack) as d:
        d.now(START_S)
        for k in range(1, 6):
            assert d.award(user, 100, START_S + k * DAY_S, "s:" + new_id()) == "ok"
        lots = f"SELECT id, starts_at, ends_at, expires_at, closed_at FROM points_lots WHERE user_id = '{user}' ORDER BY id"
        before = ledger.stack.sql(lots)
        assert len(before) == 5
        assert d.do("take", user, new_id(), 250) == "ok"
        assert ledger.stack.sql(lots) == before
        assert d.account(user)[4] == [(50, START_S + 3 * DAY_S), (100, START_S + 4 * DAY_S), (100, START_S + 5 * DAY_S)]


def test_points_of_one_day_are_one_lot(ledger):
    """Else a month's end would bring a record for each payment of the month."""
    user = ledger.user(0).id
    with Driver(ledger.stack) as d:
        d.now(START_S)
        for k in (1, 2, 1, 2, 1):
            assert d.award(user, 10, START_S + k * DAY_S, "s:" + new_id()) == "ok"
        assert ledger.stack.number(f"SELECT COUNT(*) FROM points_lots WHERE user_id = '{user}'") == 2
        d.now(START_S + 3 * DAY_S)
        assert d.do("expire") == "ok"
    assert records(ledger, user)[-2:] == [("expire", -30, 20), ("expire", -20, 0)]


def test_a_page_of_what_is_due_is_read_without_the_rest(ledger):
    """The day on which a month's points expire has a lot of every user's."""
    with open(os.path.join(ROOT, "sql", "query", "lots.sql"), encoding="utf-8") as f:
        statement = re.search(r"-- name: LOT_DUE\n(?:--[^\n]*\n)+(.*?;)", f.read(), re.S).group(1)
    user, when = ledger.user(0).id, "'2020-01-01 00:00:00.000'"
    ledger.stack.sql("INSERT INTO points_lots (id, user_id, starts_at, ends_at, expires_at) "
                     f"SELECT CONCAT('many-', seq), '{user}', seq, seq + 1, {when} FROM seq_1_to_3000")
    try:
        for value in (when, "100"):
            statement = statement.replace("?", value, 1)
        how = ledger.stack.sql("ANALYZE TABLE points_lots; EXPLAIN " + statement)
        assert not any("filesort" in (row[-1] or "") or "temporary" in (row[-1] or "") for row in how), how
    finally:
        ledger.stack.sql("DELETE FROM points_lots WHERE id LIKE 'many-%'")


def test_an_award_comes_once(ledger):
    user, source = ledger.user(0).id, "s:" + new_id()
    with Driver(ledger.stack) as d:
        assert d.award(user, 10, None, source) == "ok"
        assert d.award(user, 10, None, source) == "conflict"
        assert d.award(new_id(), 10, None, "s:" + new_id()) == "insufficient_points", "a user who is not there"
        assert d.account(user)[0] == 10
        order = new_id()
        assert d.do("payment", user, order, 12345) == "ok"
        assert d.do("payment", user, order, 12345) == "ok"
        assert d.account(user)[0] == 10 + 123


def side_by_side(*jobs):
    errors = []

    def guarded(job):
        try:
            job()
        except BaseException as e:      # noqa: B902 (told below)
            errors.append(e)
    threads = [threading.Thread(target=guarded, args=(j,)) for j in jobs]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
        assert not t.is_alive()
    if errors:
        raise errors[0]


def test_two_hosts_and_a_spender_meet_on_the_day(ledger, rng):
    """Whoever comes first: each lot's rest leaves once, nothing of it is spent as well."""
    users = [u.id for u in ledger.users(40, 0)]
    with Driver(ledger.stack) as a, Driver(ledger.stack) as b, Driver(ledger.stack) as c:
        for d in (a, b, c):
            d.now(START_S)
        for u in users:
            for k in range(1, 4):
                assert a.award(u, 100, START_S + k, "s:" + new_id()) == "ok"
            assert a.award(u, 50, None, "s:" + new_id()) == "ok"
        a.now(START_S + DAY_S)
        b.now(START_S + DAY_S)

        def spend():
            for u in rng.sample(users * 6, len(users) * 6):
                assert c.do("take", u, new_id(), rng.randrange(1, 60)) in ("ok", "insufficient_points")

        def let_expire(d):
            until = time.monotonic() + 60
            while ledger.stack.number("SELECT COUNT(*) FROM points_lots WHERE closed_at IS NULL AND expires_at <= "
                                      f"FROM_UNIXTIME({START_S + DAY_S})") and time.monotonic() < until:
                got = d.do("expire")
                assert got == "ok", got
        side_by_side(spend, lambda: let_expire(a), lambda: let_expire(b))
        for u in users:
            replay(records(ledger, u), c.account(u))


def replay(got, account):
    """In the order that the records tell, each expiry took just what was left of its lot."""
    m = Model()
    for k in range(1, 4):
        m.award(100, START_S + k)
    m.award(50, None)
    for kind, points, _ in got[4:]:
        if kind == "mall_exchange":
            assert m.take(new_id(), -points)
        else:
            soonest = min(m.parcels)
            assert (kind, -points) == ("expire", m.parcels[soonest]) and soonest != m.NEVER
            m.expire(soonest)
    assert m.records == got
    assert m.account() == account and not account[4]


# ---- through the mall's own doors ----

@pytest.fixture(scope="module")
def dated():
    """A shop whose points expire at the end of the month after the next one."""
    yield from running(settings=["shop.points_expiry=2 months"])


def pay(shop, user, fen, **more):
    """The event of a payment; it has been consumed when this returns."""
    payload = dict({"userId": user, "amount": fen, "orderId": new_id()}, **more)
    event = emit(shop, user, payload)
    wait_until(lambda: shop.stack.one(f"SELECT state FROM outbox WHERE event_id = '{event}'") == "1", 20, "the event")
    return payload["orderId"]


def emit(shop, user, payload):
    event = new_id()
    text = json.dumps(payload, ensure_ascii=False)
    shop.stack.sql("INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, next_at) VALUES "
                   f"('{event}', 'payment.success', 'payment', '[\"points\"]', '{user}', '{text}', UTC_TIMESTAMP(3), "
                   "UTC_TIMESTAMP(3))")
    return event


def end_of_month_s(months):
    t = datetime.datetime.fromtimestamp(time.time() + 8 * 3600, datetime.timezone.utc)
    month = t.month + months
    first = datetime.datetime(t.year + month // 12, month % 12 + 1, 1, tzinfo=datetime.timezone.utc)
    return first.timestamp() - 8 * 3600


def expiring(shop, user):
    a = shop.http.get("/api/points/balance", user.token)
    assert a.status == 200, a
    return a.json["balance"], [(e["points"], e["expiresAt"]) for e in a.json["expiring"]]


def rfc(s):
    return datetime.datetime.fromtimestamp(s, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_points_earned_carry_the_date_of_the_rule(dated):
    user, date = dated.user(500), rfc(end_of_month_s(2))
    pay(dated, user.id, 20000)
    pay(dated, user.id, 10099)
    assert expiring(dated, user) == (800, [(300, date)])
    order = user.bought(dated.product(price=250))
    assert expiring(dated, user) == (550, [(50, date)]), "what expires is spent first"
    assert user.cancel(order).status == 200
    assert expiring(dated, user) == (800, [(300, date)]), "it did not come back with its date"
    dated.stack.verify()


def test_jobs_let_points_expire(dated):
    user = dated.user(500)
    pay(dated, user.id, 20000)
    order = user.bought(dated.product(price=150))
    dated.stack.sql(f"UPDATE points_lots SET expires_at = UTC_TIMESTAMP() WHERE user_id = '{user.id}'")
    wait_until(lambda: user.balance() == 500, 20, "the day")
    last, = dated.http.get("/api/points/records", user.token, query={"type": "expire"}).json["items"]
    assert (last["points"], last["balanceAfter"], last["description"]) == (-50, 500, "积分到期")
    # What the order had has expired meanwhile: a grace period.
    assert user.cancel(order).status == 200
    balance, dates = expiring(dated, user)
    now = time.time()
    assert balance == 650
    assert dates == [(150, rfc((int(now + 8 * 3600) // DAY_S + 31) * DAY_S - 8 * 3600))]
    dated.stack.verify()
