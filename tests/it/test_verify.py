# SPDX-License-Identifier: Apache-2.0
"""pointsmall verify: each check finds the damage that it is for, and names it, and finds nothing else; what is derived
is mended; a shop under load is never accused. The damage is done behind the program's back."""

import os
import re
import subprocess
import time

import pytest

from client import Load
from conftest import running
from shop import new_id
from stack import APART, SANITIZED, wait_until

LINE = re.compile(r"^(BREACH|MENDED) (\w+): (\S+)(?: (\S+))?: .*\)$")


@pytest.fixture(scope="module")
def books():
    yield from running(settings=["limits.user_rate=0"])


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.text = done.stdout
        self.breaches, self.mended = set(), set()
        *lines, self.summary = done.stdout.splitlines()
        for line in lines:
            if m := LINE.match(line):
                (self.breaches if m[1] == "BREACH" else self.mended).add((m[2], m[3], m[4]))
            else:
                assert re.match(r"^\d+ mended$", line), line
        assert done.stderr == ""
        assert (self.status == 0) == (not self.breaches)
        assert re.search(rf", {len(self.breaches)} breaches$", self.summary), self.summary


def verify(shop, *options):
    done = shop.stack.program("verify", *options, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return Result(done)


# ---- damage: each does it, and says what must be found ----

MENDABLE, LASTING = [], []


def mendable(fn):
    MENDABLE.append(fn)
    return fn


def lasting(fn):
    LASTING.append(fn)
    return fn


def set_user(shop, columns):
    u = shop.user()
    shop.stack.sql(f"UPDATE users SET {columns} WHERE id = '{u.id}';")
    return u.id


@mendable
def a_balance(shop):
    u = set_user(shop, "points_balance = points_balance + 7")
    return {("points_sum", u, None), ("points_last", u, None)}


@lasting
def a_number(shop):
    """As much as says that the last record is lost: what the ledger still tells is not the truth."""
    return {("points_last", set_user(shop, "points_seq = points_seq + 1"), None)}


@mendable
def a_number_too_low(shop):
    u = shop.user()
    u.bought(shop.product())
    shop.stack.sql(f"UPDATE users SET points_seq = points_seq - 1 WHERE id = '{u.id}';")
    return {("points_last", u.id, None)}


@mendable
def earned(shop):
    return {("points_totals", set_user(shop, "points_earned = points_earned - 1"), None)}


@mendable
def spent(shop):
    return {("points_totals", set_user(shop, "points_spent = points_spent + 1"), None)}


@mendable
def what_left(shop):
    return {("points_totals", set_user(shop, "points_out = points_out + 1"), None)}


def set_product(shop, columns, sold=False):
    p = shop.product(stock=10)
    if sold:
        shop.user().bought(p, 2)
    shop.stack.sql(f"UPDATE products SET {columns} WHERE id = '{p}';")
    return p


@mendable
def a_stock(shop):
    return {("stock_last", set_product(shop, "stock_quantity = stock_quantity + 1", sold=True), None)}


@mendable
def a_stock_number(shop):
    return {("stock_last", set_product(shop, "stock_seq = stock_seq - 1", sold=True), None)}


@mendable
def reserved(shop):
    return {("reserved", set_product(shop, "reserved_quantity = 2"), None)}


@mendable
def sales(shop):
    return {("sales", set_product(shop, "sales_count = sales_count + 1", sold=True), None)}


@mendable
def a_counter(shop):
    u, p = shop.user(), shop.product()
    u.bought(p, 2)
    shop.stack.sql(f"UPDATE purchase_counters SET quantity = 1 WHERE user_id = '{u.id}';")
    return {("counter", u.id, p)}


@mendable
def a_counter_gone(shop):
    u, p = shop.user(), shop.product()
    u.bought(p)
    shop.stack.sql(f"DELETE FROM purchase_counters WHERE user_id = '{u.id}';")
    return {("counter", u.id, p)}


@mendable
def a_counter_for_nothing(shop):
    u, p = shop.user(), shop.product()
    shop.stack.sql(f"INSERT INTO purchase_counters (user_id, product_id, quantity) VALUES ('{u.id}', '{p}', 3);")
    return {("counter_extra", u.id, p)}


@mendable
def a_key_gone(shop):
    u = shop.user()
    u.bought(shop.product(), key="gone-1")
    shop.stack.sql(f"DELETE FROM idempotency_keys WHERE caller = 'user:{u.id}';")
    return {("answer_key", "user:" + u.id, "gone-1")}


@mendable
def a_hold_without_its_timer(shop):
    order = shop.user().held(shop.product())
    shop.stack.sql(f"DELETE FROM order_timers WHERE order_id = '{order}';")
    return {("timer", order, None)}


@mendable
def a_parcel_without_its_timer(shop):
    order = shop.user().bought(shop.product())
    assert shop.admin().ship(order).status == 200
    shop.stack.sql(f"DELETE FROM order_timers WHERE order_id = '{order}';")
    return {("timer", order, None)}


@mendable
def a_timer_of_an_order_that_waits_for_nothing(shop):
    order = shop.user().bought(shop.product())
    shop.stack.sql(f"INSERT INTO order_timers (order_id, due_at) VALUES ('{order}', UTC_TIMESTAMP(3) + INTERVAL 1 DAY);")
    return {("timer_extra", order, None)}


@mendable
def a_timer_of_no_order(shop):
    i = new_id()
    shop.stack.sql(f"INSERT INTO order_timers (order_id, due_at) VALUES ('{i}', UTC_TIMESTAMP(3) + INTERVAL 1 DAY);")
    return {("timer_extra", i, None)}


def records_of(shop, user):
    return [row[0] for row in shop.stack.sql(f"SELECT id FROM points_records WHERE user_id = '{user}' ORDER BY seq")]


@lasting
def a_link(shop):
    u = shop.user()
    u.bought(shop.product(price=100))
    u.bought(shop.product(price=200))
    records = records_of(shop, u.id)
    shop.stack.sql(f"UPDATE points_records SET balance_after = balance_after + 5 WHERE id = '{records[1]}';")
    return {("points_chain", records[1], None), ("points_chain", records[2], None)}


@lasting
def a_record_gone(shop):
    u, p = shop.user(points=1000), shop.product(price=100)
    order = u.bought(p)
    record = records_of(shop, u.id)[1]
    u.cancel(order)
    after = records_of(shop, u.id)[2]
    shop.stack.sql(f"DELETE FROM points_records WHERE id = '{record}';")
    source = {("points_source", "take:" + order, None)} if shop.stack.apart else set()
    return {("points_chain", after, None), ("points_sum", u.id, None), ("points_totals", u.id, None),
            ("order_taken", order, None)} | source


@lasting
def the_last_record_gone(shop):
    u = shop.user(points=1000)
    order = u.bought(shop.product(price=100))
    shop.stack.sql(f"DELETE FROM points_records WHERE id = '{records_of(shop, u.id)[-1]}';")
    source = {("points_source", "take:" + order, None)} if shop.stack.apart else set()
    return {("points_sum", u.id, None), ("points_last", u.id, None), ("points_totals", u.id, None),
            ("order_taken", order, None)} | source


@lasting
def a_record_of_nobody(shop):
    i, u = new_id(), new_id("9")
    shop.stack.sql("INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, created_at) "
                   f"VALUES ('{i}', '{u}', 1, 'adjust', 5, 5, '无主', UTC_TIMESTAMP(3));")
    return {("points_owner", i, None)}


def lots(shop, *stretches):
    """Lots (from, to, expires in days, closed) of a new user with 100,000 points; their ids."""
    u = shop.user()
    ids = [new_id() for _ in stretches]
    for i, (start, end, days, closed) in zip(ids, stretches):
        shop.stack.sql("INSERT INTO points_lots (id, user_id, starts_at, ends_at, expires_at, closed_at) VALUES "
                       f"('{i}', '{u.id}', {start}, {end}, UTC_TIMESTAMP(3) + INTERVAL {days} DAY, "
                       f"{'UTC_TIMESTAMP(3)' if closed else 'NULL'});")
    return u.id, ids


@lasting
def lots_that_overlap(shop):
    _, ids = lots(shop, (0, 100, 10, False), (99, 150, 20, False))
    # Of two that overlap the first by id is named; the second has nothing that ends where it begins.
    return {("points_lots", min(ids), None), ("points_lots", ids[1], None)}


@lasting
def a_lot_beyond_a_gap(shop):
    _, ids = lots(shop, (0, 100, 10, False), (101, 150, 20, False))
    return {("points_lots", ids[1], None)}


@lasting
def a_lot_out_of_turn(shop):
    _, ids = lots(shop, (0, 100, 20, False), (100, 150, 10, False))
    return {("points_lots", ids[1], None)}


@lasting
def lots_beyond_the_balance(shop):
    u, _ = lots(shop, (0, 100001, 10, False))
    return {("points_dated", u, None)}


@lasting
def a_lot_closed_early(shop):
    _, ids = lots(shop, (0, 100, 10, True))
    return {("points_closed", ids[0], None)}


@lasting
def a_lot_of_nobody(shop):
    i = new_id()
    shop.stack.sql("INSERT INTO points_lots (id, user_id, starts_at, ends_at, expires_at) VALUES "
                   f"('{i}', '{new_id('9')}', 0, 5, UTC_TIMESTAMP(3));")
    return {("points_closed", i, None)}


@lasting
def a_source_without_its_record(shop):
    source = "award:" + new_id()
    shop.stack.sql("INSERT INTO points_sources (source, user_id, outcome, record_id, created_at) VALUES "
                   f"('{source}', '{shop.user().id}', 1, '{new_id()}', UTC_TIMESTAMP(3));")
    return {("points_source", source, None)}


@lasting
def a_barred_source_with_a_record(shop):
    u, source = shop.user(), "award:" + new_id()
    shop.stack.sql("INSERT INTO points_sources (source, user_id, outcome, record_id, created_at) VALUES "
                   f"('{source}', '{u.id}', 2, '{records_of(shop, u.id)[0]}', UTC_TIMESTAMP(3));")
    return {("points_source", source, None)}


def stock_records(shop, product):
    return [row[0] for row in
            shop.stack.sql(f"SELECT id FROM inventory_records WHERE product_id = '{product}' ORDER BY seq")]


@lasting
def a_stock_link(shop):
    p = shop.product(stock=10)
    for _ in range(2):
        shop.user().bought(p)
    records = stock_records(shop, p)
    shop.stack.sql(f"UPDATE inventory_records SET stock_after = stock_after + 1 WHERE id = '{records[1]}';")
    return {("stock_chain", records[1], None), ("stock_chain", records[2], None)}


@lasting
def a_stock_record_gone(shop):
    p = shop.product(stock=10)
    shop.restock(p, 5)
    records = stock_records(shop, p)
    shop.stack.sql(f"DELETE FROM inventory_records WHERE id = '{records[0]}';")
    return {("stock_chain", records[1], None)}


@lasting
def the_last_stock_record_gone(shop):
    p = shop.product(stock=10)
    shop.restock(p, 5)
    shop.stack.sql(f"DELETE FROM inventory_records WHERE id = '{stock_records(shop, p)[-1]}';")
    return {("stock_last", p, None)}


@lasting
def a_stock_type(shop):
    record = stock_records(shop, shop.product(stock=10))[0]
    shop.stack.sql(f"UPDATE inventory_records SET change_type = 2 WHERE id = '{record}';")
    return {("stock_type", record, None)}


@lasting
def a_stock_record_of_nothing(shop):
    i = new_id()
    shop.stack.sql("INSERT INTO inventory_records (id, product_id, change_type, quantity_change, stock_after, seq) VALUES "
                   f"('{i}', '{new_id()}', 1, 5, 5, 1);")
    return {("stock_owner", i, None)}


@lasting
def a_reservation_without_an_order(shop):
    p, i = shop.product(stock=10), new_id()
    shop.stack.sql(f"""START TRANSACTION;
        UPDATE products SET stock_quantity = 8, reserved_quantity = 2, stock_seq = stock_seq + 1 WHERE id = '{p}';
        INSERT INTO inventory_records (id, product_id, change_type, quantity_change, stock_after, seq)
          VALUES ('{i}', '{p}', 3, -2, 8, 2);
        COMMIT;""")
    return {("reserved", p, None)}


@lasting
def an_order_that_nobody_paid(shop):
    u = shop.user()
    order = u.bought(shop.product())
    record = records_of(shop, u.id)[1]
    shop.stack.sql(f"UPDATE points_records SET related_id = '{new_id()}' WHERE id = '{record}';")
    return {("order_taken", order, None), ("order_of_record", record, None)}


@lasting
def an_order_given_back_twice(shop):
    u, p = shop.user(points=1000), shop.product(price=100)
    order = u.bought(p)
    u.cancel(order)
    shop.stack.sql(f"""START TRANSACTION;
        UPDATE users SET points_balance = points_balance + 100, points_spent = points_spent - 100,
          points_seq = points_seq + 1 WHERE id = '{u.id}';
        INSERT INTO points_records (id, user_id, seq, type, points, balance_after, description, related_id, created_at)
          SELECT '{new_id()}', id, points_seq, 'mall_refund', 100, points_balance, '重复', '{order}',
            UTC_TIMESTAMP(3) - INTERVAL 3 DAY FROM users WHERE id = '{u.id}';
        COMMIT;""")
    return {("order_given_back", order, None)}


@lasting
def an_order_without_its_pieces(shop):
    u, p = shop.user(), shop.product(stock=10)
    order = u.bought(p)
    shop.stack.sql(f"UPDATE inventory_records SET related_order_id = NULL WHERE related_order_id = '{order}';")
    return {("order_stock", order, None)}


@lasting
def pieces_that_came_back_twice(shop):
    u, p = shop.user(), shop.product(stock=10)
    order = u.bought(p)
    u.cancel(order)
    shop.stack.sql(f"""START TRANSACTION;
        UPDATE products SET stock_quantity = stock_quantity + 1, stock_seq = stock_seq + 1 WHERE id = '{p}';
        INSERT INTO inventory_records (id, product_id, change_type, quantity_change, stock_after, related_order_id, seq)
          SELECT '{new_id()}', id, 1, 1, stock_quantity, '{order}', stock_seq FROM products WHERE id = '{p}';
        COMMIT;""")
    return {("order_stock", order, None)}


@lasting
def a_hold_released_too_early(shop):
    """Its pieces are free again, and it is still pending."""
    u, p = shop.user(), shop.product(stock=10)
    order = u.held(p)
    shop.stack.sql(f"""START TRANSACTION;
        UPDATE products SET stock_quantity = stock_quantity + 1, reserved_quantity = reserved_quantity - 1,
          stock_seq = stock_seq + 1 WHERE id = '{p}';
        INSERT INTO inventory_records (id, product_id, change_type, quantity_change, stock_after, related_order_id, seq)
          SELECT '{new_id()}', id, 4, 1, stock_quantity, '{order}', stock_seq FROM products WHERE id = '{p}';
        COMMIT;""")
    return {("order_stock", order, None), ("reserved", p, None)}


@lasting
def a_stock_record_of_another_order(shop):
    record = stock_records(shop, shop.product(stock=10))[0]
    shop.stack.sql(f"UPDATE inventory_records SET related_order_id = '{new_id()}' WHERE id = '{record}';")
    return {("stock_order", record, None)}


@lasting
def a_cancellation_of_a_confirmed_order(shop):
    order = shop.user().bought(shop.product())
    shop.stack.sql(f"UPDATE exchange_orders SET cancelled_at = UTC_TIMESTAMP(3) - INTERVAL 3 DAY WHERE id = '{order}';")
    return {("order_times", order, None)}


@lasting
def a_hold_without_an_end(shop):
    order = shop.user().held(shop.product())
    shop.stack.sql(f"UPDATE exchange_orders SET expires_at = NULL WHERE id = '{order}'; "
                   f"DELETE FROM order_timers WHERE order_id = '{order}';")
    return {("order_times", order, None)}


@lasting
def a_saga_that_is_not_there(shop):
    order = shop.user().held(shop.product())
    shop.stack.sql(f"UPDATE exchange_orders SET settling = 1, expires_at = NULL WHERE id = '{order}'; "
                   f"DELETE FROM order_timers WHERE order_id = '{order}';")
    return {("saga", order, None)}


@lasting
def a_parcel_that_nobody_finds(shop):
    order = shop.user().bought(shop.product())
    assert shop.admin().ship(order).status == 200
    shop.stack.sql(f"DELETE FROM order_parcels WHERE order_id = '{order}';")
    return {("parcel", order, None)}


@lasting
def a_parcel_found_by_another_number(shop):
    order = shop.user().bought(shop.product())
    assert shop.admin().ship(order).status == 200
    shop.stack.sql(f"UPDATE order_parcels SET tracking_no = 'other' WHERE order_id = '{order}';")
    return {("parcel", order, None)}


@lasting
def a_parcel_without_its_way(shop):
    order = shop.user().bought(shop.product())
    assert shop.admin().ship(order).status == 200
    shop.stack.sql(f"DELETE FROM order_tracking WHERE order_id = '{order}';")
    return {("parcel", order, None)}


@lasting
def a_category_above_itself(shop):
    top = shop.category()
    below = shop.category(top, level=2)
    shop.stack.sql(f"UPDATE product_categories SET parent_id = '{below}' WHERE id = '{top}';")
    return {("category_level", top, None)}


@lasting
def a_category_that_is_its_own_parent(shop):
    c = shop.category()
    shop.stack.sql(f"UPDATE product_categories SET parent_id = '{c}' WHERE id = '{c}';")
    return {("category_level", c, None)}


@lasting
def a_category_on_the_wrong_level(shop):
    return {("category_level", shop.category(level=2), None),
            ("category_level", shop.category(shop.category(), level=3), None)}


@lasting
def a_category_of_no_parent(shop):
    return {("category_level", shop.category(new_id(), level=1), None)}


@lasting
def a_fourth_level(shop):
    at = None
    for level in (1, 2, 3, 4):
        at = shop.category(at, level=level)
    return {("category_level", at, None)}


def keep_for_saga(shop, saga, user):
    """The answer of the user's one key waits for a saga, as if it were to be given yet."""
    shop.stack.sql("INSERT INTO saga_answers (saga_id, caller, idem_key, fingerprint, status, body) SELECT "
                   f"'{saga}', caller, idem_key, fingerprint, status, body FROM idempotency_answers "
                   f"WHERE caller = 'user:{user}'; DELETE FROM idempotency_answers WHERE caller = 'user:{user}';")


@lasting
def an_answer_kept_for_no_saga(shop):
    u, saga = shop.user(), new_id()
    u.bought(shop.product(), key="kept-1")
    keep_for_saga(shop, saga, u.id)
    return {("saga_answer", saga, None), ("key_answer", "user:" + u.id, "kept-1")}


@lasting
def an_answer_kept_for_a_saga_that_ended(shop):
    u = shop.user()
    order = u.bought(shop.product(), key="kept-2")
    saga = add_saga(shop, order, u.id, 2)
    keep_for_saga(shop, saga, u.id)
    return {("saga_answer", saga, None), ("key_answer", "user:" + u.id, "kept-2")}


def add_saga(shop, order, user, state):
    i = new_id()
    shop.stack.sql("INSERT INTO sagas (id, kind, state, confirm, order_id, user_id, points, description, next_at, created_at, "
                   f"updated_at) VALUES ('{i}', 2, {state}, 0, '{order}', '{user}', 100, '', "
                   "UTC_TIMESTAMP(3) + INTERVAL 9 DAY, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3));")
    return i


@lasting
def a_saga_that_nobody_waits_for(shop):
    u = shop.user()
    order = u.bought(shop.product())
    add_saga(shop, order, u.id, 4)
    return {("saga", order, None)}


@lasting
def a_saga_of_no_order(shop):
    return {("saga_order", add_saga(shop, new_id(), new_id("9"), 2), None)}


@lasting
def a_cost(shop):
    u, p = shop.user(), shop.product(price=100)
    order = u.bought(p)
    shop.stack.sql(f"UPDATE exchange_orders SET unit_points = 99 WHERE id = '{order}';")
    return {("order_cost", order, None)}


@lasting
def an_order_of_nothing(shop):
    u, p = shop.user(), shop.product(stock=0)
    order = u.bought(shop.product())
    nothing = new_id()
    records = shop.stack.sql(f"SELECT id FROM inventory_records WHERE related_order_id = '{order}'")
    was = shop.stack.one(f"SELECT product_id FROM exchange_orders WHERE id = '{order}'")
    shop.stack.sql(f"UPDATE exchange_orders SET product_id = '{nothing}' WHERE id = '{order}';")
    return {("order_places", order, None), ("order_stock", order, None), ("counter", u.id, nothing),
            ("counter_extra", u.id, was), ("sales", was, None)} | {("stock_order", r[0], None) for r in records}


@lasting
def a_key_without_an_answer(shop):
    u = shop.user()
    u.bought(shop.product(), key="lost-1")
    shop.stack.sql(f"DELETE FROM idempotency_answers WHERE caller = 'user:{u.id}';")
    return {("key_answer", "user:" + u.id, "lost-1")}


def without_event(shop, event, user):
    n = shop.stack.number(f"SELECT COUNT(*) FROM outbox WHERE event_type = '{event}' AND aggregate = '{user}'")
    assert n == 1
    shop.stack.sql(f"DELETE FROM outbox WHERE event_type = '{event}' AND aggregate = '{user}';")


def sold(shop):
    u = shop.user()
    return u, u.bought(shop.product())


def way_to(event):
    """Makes an order to which this happened; its user and the order."""
    def held(shop):
        u = shop.user()
        return u, u.held(shop.product())

    def moved(*moves):
        def make(shop):
            u, order = sold(shop)
            for move in moves:
                a = move(shop, u, order)
                assert a.status == 200, a
            return u, order
        return make
    ship = (lambda shop, u, o: shop.admin().ship(o))
    receive = (lambda shop, u, o: u.move(o, "receive"))
    ask = (lambda shop, u, o: u.move(o, "return", {"reason": "不合适"}))
    accept = (lambda shop, u, o: shop.admin().move(o, "return", {"accepted": True, "restock": True}))
    return {"mall.order.held": held, "mall.product.exchanged": sold, "mall.order.shipped": moved(ship),
            "mall.order.delivered": moved(ship, receive), "mall.order.return_asked": moved(ship, ask),
            "mall.order.returned": moved(ship, ask, accept),
            "mall.order.cancelled": moved(lambda shop, u, o: u.cancel(o))}[event]


def without_event(event):
    def damage(shop):
        u, order = way_to(event)(shop)
        assert shop.stack.number(f"SELECT COUNT(*) FROM outbox WHERE event_type = '{event}' AND aggregate = '{u.id}'") == 1
        shop.stack.sql(f"DELETE FROM outbox WHERE event_type = '{event}' AND aggregate = '{u.id}';")
        return {("order_events", order, None)}
    damage.__name__ = "without_" + event.replace(".", "_")
    return damage


for name in ("mall.order.held", "mall.product.exchanged", "mall.order.shipped", "mall.order.delivered",
             "mall.order.return_asked", "mall.order.returned", "mall.order.cancelled"):
    LASTING.append(without_event(name))


@lasting
def an_event_twice(shop):
    u, order = sold(shop)
    shop.stack.sql("INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, state, next_at) "
                   f"SELECT '{new_id()}', event_type, source, targets, aggregate, payload, created_at, 1, next_at FROM outbox "
                   f"WHERE event_type = 'mall.product.exchanged' AND aggregate = '{u.id}';")
    return {("order_events", order, None)}


@lasting
def points_taken_without_their_event(shop):
    u, _ = sold(shop)
    shop.stack.sql(f"DELETE FROM outbox WHERE event_type = 'points.consumed' AND aggregate = '{u.id}';")
    return {("points_events", records_of(shop, u.id)[1], None)}


# ---- the tests ----

found = set()


def audited(shop):
    return shop.stack.number("SELECT COUNT(*) FROM audit_log WHERE actor = 'system:verify' AND action = 'verify.repair' "
                             "AND before_state IS NOT NULL AND after_state IS NOT NULL")


@pytest.mark.parametrize("damage", MENDABLE, ids=lambda d: d.__name__)
def test_what_is_derived_is_found_and_mended(books, damage):
    expected = damage(books)
    got = verify(books)
    assert (got.breaches, got.mended) == (expected, set())
    found.update(name for name, _, _ in expected)
    before = audited(books)
    mended = verify(books, "--repair")
    assert mended.breaches == set()
    # Where two checks see one damage, the first mends it.
    assert mended.mended and mended.mended <= expected
    assert {key[1:] for key in mended.mended} == {key[1:] for key in expected}
    assert audited(books) == before + len(mended.mended)
    assert verify(books).breaches == set()


def test_mending_says_from_what_to_what(books):
    u = books.user(points=1000)
    books.stack.sql(f"UPDATE users SET points_balance = 1007 WHERE id = '{u.id}';")
    line = books.stack.program("verify", "--repair").stdout.splitlines()[0]
    assert line.startswith(f'MENDED points_sum: {u.id}: from {{"balance":1007,"seq":1,')
    assert 'to {"balance":1000,"seq":1,"earned":1000,' in line
    assert u.balance() == 1000
    row = books.stack.sql(f"SELECT role, subject, before_state, after_state FROM audit_log WHERE subject_id = '{u.id}'")
    assert [r[:2] for r in row] == [["system", "user"]]
    assert '"balance":1007' in row[0][2] and '"balance":1000' in row[0][3]


def test_the_ledgers_are_not_its_to_change(books):
    """Neither --repair nor anything else that the program sends: its database user may not."""
    tables = books.stack.sql("SELECT Db, Table_name, Table_priv FROM mysql.tables_priv WHERE User IN ('pointsmall', "
                             "'pointsmall_points') AND Host = 'localhost' AND Table_name IN (CONCAT('points', '_records'), "
                             "'inventory_records', 'audit_log')")
    assert len(tables) >= 3 and {t[2] for t in tables} == {"Select,Insert"}


@pytest.mark.parametrize("damage", LASTING, ids=lambda d: d.__name__)
def test_what_nothing_derives_is_found_and_stands(books, damage):
    before = verify(books).breaches
    expected = damage(books)
    got = verify(books)
    assert got.breaches - before == expected
    assert before - got.breaches == set()
    found.update(name for name, _, _ in expected)
    records = books.stack.one("SELECT CONCAT(COUNT(*), ' ', SUM(points), ' ', SUM(balance_after)) FROM points_records")
    still = verify(books, "--repair")
    # What the same damage did to a row that is derived may be mended: what it was named for stands.
    assert still.breaches and still.breaches <= got.breaches
    assert {key for key in expected if key not in still.breaches} == {key for key in still.mended if key in expected}
    assert still.status == 1
    assert records == books.stack.one("SELECT CONCAT(COUNT(*), ' ', SUM(points), ' ', SUM(balance_after)) FROM points_records")


def test_a_lost_last_record_is_not_mended_away(books):
    """What the row and the order say is more than the ledger has left: points and stock stay as they were."""
    points, stock = the_last_record_gone(books), the_last_stock_record_gone(books)
    u, p = ({key[1] for key in found if key[0] == name}.pop() for found, name in ((points, "points_sum"), (stock, "stock_last")))
    was = (books.stack.sql(f"SELECT points_balance, points_seq, points_earned, points_spent FROM users WHERE id = '{u}'"),
           books.stack.sql(f"SELECT stock_quantity, stock_seq FROM products WHERE id = '{p}'"))
    assert was == ([["900", "2", "1000", "100"]], [["15", "2"]])
    again = verify(books, "--repair")
    assert points | stock <= again.breaches and not (points | stock) & again.mended
    assert was == (books.stack.sql(f"SELECT points_balance, points_seq, points_earned, points_spent FROM users WHERE id = '{u}'"),
                   books.stack.sql(f"SELECT stock_quantity, stock_seq FROM products WHERE id = '{p}'"))


def test_a_row_behind_its_ledger_is_mended(books):
    u, p = books.user(points=1000), books.product(stock=10)
    rows = ("SELECT points_balance, points_seq, points_earned, points_spent, points_out FROM users WHERE id = '" + u.id + "'",
            f"SELECT stock_quantity, stock_seq, reserved_quantity FROM products WHERE id = '{p}'")
    u.bought(p)
    was = [books.stack.sql(row) for row in rows]
    books.stack.sql(f"UPDATE users SET points_balance = 1000, points_seq = 1, points_spent = 0, points_out = 0 WHERE id = '{u.id}'; "
                    f"UPDATE products SET stock_quantity = 10, stock_seq = 1 WHERE id = '{p}';")
    mended = verify(books, "--repair").mended
    assert {("points_sum", u.id, None), ("stock_last", p, None)} <= mended
    assert [books.stack.sql(row) for row in rows] == was


def test_a_saga_that_runs_is_no_breach(books):
    """Its key has no answer yet, and its order neither an end nor an event."""
    before = verify(books).breaches
    u = books.user()
    order = u.held(books.product(), key="saga-1")
    saga = add_saga(books, order, u.id, 0)
    keep_for_saga(books, saga, u.id)
    books.stack.sql(f"UPDATE exchange_orders SET settling = 1, expires_at = NULL WHERE id = '{order}'; "
                    f"DELETE FROM order_timers WHERE order_id = '{order}'; "
                    f"DELETE FROM outbox WHERE event_type = 'mall.order.held' AND aggregate = '{u.id}';")
    assert verify(books).breaches == before


def metrics(shop):
    """{name or name{label}: value}; every line is Prometheus' text format."""
    a = shop.http.get("/metrics")
    assert a.status == 200 and a.header("Content-Type").startswith("text/plain; version=0.0.4"), a
    out, declared = {}, set()
    assert a.text.endswith("\n")
    for line in a.text.splitlines():
        if line.startswith("# "):
            m = re.match(r"^# (HELP|TYPE) (pointsmall_[a-z_]+) (.+)$", line)
            assert m, line
            declared.add(m[2])
            continue
        m = re.match(r'^(pointsmall_[a-z_]+)(\{[a-z]+="[a-z_]+"\})? (\d+(?:\.\d+)?)$', line)
        assert m and m[1] in declared, line
        assert m[1] + (m[2] or "") not in out
        out[m[1] + (m[2] or "")] = float(m[3])
    return out


def test_every_check_has_found_something(books):
    """Each invariant that verify says it checks was damaged above."""
    names = {row[0] for row in books.stack.sql("SELECT invariant FROM verify_results")}
    assert names and names == found


def test_metrics_tell_what_the_last_run_found(books):
    got = verify(books)
    m = metrics(books)
    assert abs(m["pointsmall_verify_last_timestamp_seconds"] - time.time()) < 60
    assert sum(v for k, v in m.items() if k.startswith("pointsmall_verify_breaches{")) == len(got.breaches) > 0
    for name in found:
        n = len([b for b in got.breaches if b[0] == name])
        assert m[f'pointsmall_verify_breaches{{invariant="{name}"}}'] == n
        assert m[f'pointsmall_verify_duration_seconds{{invariant="{name}"}}'] >= 0


def test_metrics_tell_of_the_outbox_and_of_sagas(books):
    wait_until(lambda: metrics(books)["pointsmall_outbox_due"] == 0, 20, "the outbox delivered")
    before = metrics(books)
    assert before["pointsmall_outbox_oldest_seconds"] == 0
    ids = [new_id(), new_id()]
    for i, state in zip(ids, (0, 2)):
        books.stack.sql("INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, state, "
                        f"next_at) VALUES ('{i}', 'test', 'test', '[]', '{i}', '{{}}', UTC_TIMESTAMP(3) - INTERVAL 90 SECOND,"
                        f" {state}, UTC_TIMESTAMP(3) + INTERVAL 1 DAY);")
    after = metrics(books)
    assert after["pointsmall_outbox_due"] == 1
    assert 90 <= after["pointsmall_outbox_oldest_seconds"] < 120
    assert after["pointsmall_outbox_dead"] == before["pointsmall_outbox_dead"] + 1
    books.stack.sql(f"DELETE FROM outbox WHERE event_id IN ('{ids[0]}', '{ids[1]}');")
    sagas = {k: int(v) for k, v in after.items() if k.startswith("pointsmall_sagas")}
    assert sagas == {'pointsmall_sagas{state="forward"}': books.stack.number("SELECT COUNT(*) FROM sagas WHERE state = 0"),
                     'pointsmall_sagas{state="back"}': 0, 'pointsmall_sagas{state="stuck"}': 1}


def test_wrong_options(books):
    for options in (["--mend"], ["all"], ["--repair", "all"]):
        done = books.stack.program("verify", *options, check=False)
        assert done.returncode == 64 and "usage: pointsmall verify" in done.stderr


def test_progress_is_told_when_asked_for(books):
    assert re.search(r"(?m)^points records looked at: \d+$", books.stack.program("verify", "-v", check=False).stderr)


# ---- a living shop ----

class Trade:
    """What load() does over and over: orders on all their ways; half of it of one product."""

    def __init__(self, shop):
        self.users = shop.users(12)
        self.products = shop.products(6, stock=100000, price=10)
        self.operators = [shop.admin() for _ in range(6)]
        self.turn = iter(range(10 ** 9))

    def __call__(self):
        n = next(self.turn)
        u, p, operator = self.users[n % 12], self.products[n % 12 // 2 if n % 2 else 0], self.operators[n % 6]
        order = u.bought(p, 1 + n % 3, key=f"trade-{n}" if n % 4 else None, confirm=n % 5 > 1)
        steps = {0: [], 1: ["cancel"], 2: ["confirm", "cancel"], 3: ["cancel"], 4: ["confirm", "ship", "receive"],
                 5: ["confirm", "ship", "return", "accept"]}[n % 6]
        for step in steps:
            if step == "confirm" and n % 5 > 1:
                continue
            a = {"ship": lambda: operator.ship(order), "return": lambda: u.move(order, "return", {"reason": "不合适"}),
                 "accept": lambda: operator.move(order, "return", {"accepted": True, "restock": bool(n % 4)})}.get(
                     step, lambda step=step: u.move(order, step))()
            assert a.status == 200, (step, a)


@pytest.fixture(scope="module")
def alive():
    yield from running(settings=["limits.user_rate=0"])


def test_no_false_alarm_under_load(alive):
    with Load(Trade(alive), threads=6) as load:
        for n in range(12):
            got = verify(alive, *(["--repair"] if n % 3 == 2 else []))
            assert (got.breaches, got.mended) == (set(), set()), got.text
    assert load.failures == [] and load.count > 50
    assert verify(alive).breaches == set()


def test_mending_under_load(alive):
    trade = Trade(alive)
    with Load(trade, threads=6) as load:
        wait_until(lambda: load.count > 30, 60, "a load")
        for n in range(5):
            u, p = trade.users[n].id, trade.products[0]
            alive.stack.sql(f"UPDATE users SET points_balance = points_balance + 50, points_spent = points_spent + 3 "
                            f"WHERE id = '{u}';")
            alive.stack.sql(f"UPDATE products SET stock_quantity = stock_quantity + 9, sales_count = sales_count + 1 "
                            f"WHERE id = '{p}';")
            # An exchange may have written its record from what was damaged: that a ledger shows, and nothing derives.
            mended = verify(alive, "--repair").mended
            assert mended <= {("points_sum", u, None), ("points_last", u, None), ("points_totals", u, None),
                              ("stock_last", p, None), ("sales", p, None)}
            assert ("sales", p, None) in mended
    assert load.failures == []
    left = {name for name, _, _ in verify(alive).breaches}
    assert left <= {"points_sum", "points_last", "points_chain", "points_totals", "stock_last", "stock_chain"}


# ---- a large shop ----

def peak_kib(shop):
    """The largest resident set of a run."""
    p = subprocess.Popen([shop.stack.env["PROGRAM"], "-c", shop.stack.env["CONF"], "verify"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    assert p.returncode == 0
    return usage.ru_maxrss


@pytest.mark.skipif(bool(SANITIZED), reason="a sanitizer keeps what is freed")
@pytest.mark.skipif(APART, reason="seed fills the mall's own database")
def test_memory_does_not_grow_with_the_shop():
    for shop in running():
        small = peak_kib(shop)
        shop.stack.program("seed", "--users", "12000", "--products", "3000", "--records", "96000", timeout=300)
        large = peak_kib(shop)
        assert 0 < large <= small + 2048
        rows = shop.stack.number("SELECT COUNT(*) FROM points_records")
        assert rows >= 96000
