# SPDX-License-Identifier: Apache-2.0
"""The outbox: each user's events come in their order, and nobody waits for another's."""

import json

import pytest

from shop import new_id, quote
from stack import wait_until

MANY = 150      # over a page of the jobs'


@pytest.fixture
def delivered(shop):
    """The ids of the events as they are consumed, in their order."""
    shop.stack.sql("CREATE TABLE it_delivered (n INT AUTO_INCREMENT PRIMARY KEY, event_id VARCHAR(36)) ENGINE=InnoDB;"
                   "CREATE TRIGGER it_delivery AFTER INSERT ON consumed_events FOR EACH ROW "
                   "INSERT INTO it_delivered (event_id) VALUES (NEW.event_id);")
    yield lambda ids: [r[0] for r in shop.stack.sql("SELECT event_id FROM it_delivered ORDER BY n") if r[0] in set(ids)]
    shop.stack.sql("DROP TRIGGER it_delivery; DROP TABLE it_delivered;"
                   "UPDATE outbox SET state = 1 WHERE source = 'it' AND state = 0;")


def write_events(shop, *events):
    """(user, seconds from now until it is due, payload or None) in one transaction; their ids."""
    ids, text = [], ""
    for user, in_s, payload in events:
        ids.append(new_id())
        good = {"userId": user.id, "orderId": new_id()}
        text += ("INSERT INTO outbox (event_id, event_type, source, targets, aggregate, payload, created_at, next_at) VALUES "
                 f"('{ids[-1]}', 'mall.product.exchanged', 'it', '[]', '{user.id}', "
                 f"{quote(json.dumps(good if payload is None else payload))}, UTC_TIMESTAMP(3), "
                 f"UTC_TIMESTAMP(3) + INTERVAL {in_s} SECOND);")
    shop.stack.sql(f"START TRANSACTION; {text} COMMIT;")
    return ids


def states(shop, ids):
    found = dict(shop.stack.sql("SELECT event_id, state FROM outbox WHERE event_id IN ('" + "','".join(ids) + "')"))
    return [int(found[i]) for i in ids]


def test_an_event_put_off_does_not_stall_the_others(shop, delivered):
    """A page full of events that had to wait was all that jobs ever looked at."""
    a, b = shop.users(2)
    *of_a, of_b = write_events(shop, (a, 3600, None), *[(a, 0, None)] * MANY, (b, 0, None))
    wait_until(lambda: states(shop, [of_b]) == [1], 20, "the other user's event")
    later, = write_events(shop, (b, 0, None))
    wait_until(lambda: states(shop, [later]) == [1], 20, "the other user's next event")
    assert set(states(shop, of_a)) == {0} and delivered(of_a) == [], "those behind it came before it"
    shop.stack.sql(f"UPDATE outbox SET next_at = UTC_TIMESTAMP(3) WHERE event_id = '{of_a[0]}'")
    wait_until(lambda: set(states(shop, of_a)) == {1}, 20, "the first user's events")
    assert delivered(of_a) == of_a
    assert delivered([of_b, later]) == [of_b, later]


def test_an_event_that_fails_holds_up_its_own_user_alone(shop, delivered):
    """It fails in the midst of a page, whose rest was read already."""
    a, b = shop.users(2)
    good = {"userId": a.id, "orderId": new_id()}
    first, bad, *behind = write_events(shop, (a, 0, None), (a, 0, {"no": "order"}), *[(a, 0, None)] * MANY)
    wait_until(lambda: shop.stack.number(f"SELECT attempts FROM outbox WHERE event_id = '{bad}'") > 0, 20, "the failure")
    of_b, = write_events(shop, (b, 0, None))
    wait_until(lambda: states(shop, [of_b]) == [1], 20, "the other user's event")
    assert states(shop, [first, bad]) == [1, 0]
    assert set(states(shop, behind)) == {0} and delivered(behind) == []
    shop.stack.sql(f"UPDATE outbox SET payload = {quote(json.dumps(good))}, next_at = UTC_TIMESTAMP(3) WHERE event_id = '{bad}'")
    wait_until(lambda: set(states(shop, [bad, *behind])) == {1}, 20, "the first user's events")
    assert delivered([first, bad, *behind]) == [first, bad, *behind]


def test_an_event_that_is_given_up_lets_the_next_ones_through(shop, delivered):
    a = shop.user()
    bad, = write_events(shop, (a, 3600, {"no": "order"}))
    after, = write_events(shop, (a, 0, None))
    # The last of [jobs] event_attempts, 10.
    shop.stack.sql(f"UPDATE outbox SET attempts = 9, next_at = UTC_TIMESTAMP(3) WHERE event_id = '{bad}'")
    wait_until(lambda: states(shop, [bad, after]) == [2, 1], 20, "what comes behind it")
    assert delivered([bad, after]) == [after]
