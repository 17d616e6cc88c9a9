# SPDX-License-Identifier: Apache-2.0
"""The log of what operators changed, as an admin reads it."""

import pytest

from shop import new_id


def records(who, **query):
    return who.another().get("/audit", query=query).json


@pytest.fixture(scope="module")
def past(shop):
    """An admin and a merchant who changed things; (admin, merchant, product)."""
    admin, merchant = shop.admin(), shop.merchant()
    p = shop.product(stock=3, merchant_id=merchant.merchant)
    for i in range(3):
        assert merchant.put(f"/inventory/{p}/alert", {"threshold": i}, headers={"X-Request-Id": f"audit-{i}"}).status == 200
    assert admin.post(f"/inventory/{p}", {"change": 1, "description": "到货"}).status == 200
    assert admin.put(f"/products/{p}", {"pointsPrice": 9}).status == 200
    return admin, merchant, p


def test_the_log(past):
    admin, merchant, p = past
    a = records(admin, subjectId=p)
    assert a["total"] == 5 and a["nextCursor"] is None
    assert [i["action"] for i in a["items"]] == ["product.update", "inventory.move"] + ["inventory.alert"] * 3
    i = a["items"][-1]
    assert (i["actor"], i["role"], i["merchantId"], i["subject"], i["subjectId"], i["requestId"]) == (
        f"merchant:{merchant.id}", "merchant", merchant.merchant, "product", p, "audit-0")
    assert (i["before"], i["after"]) == ({"threshold": None}, {"threshold": 0})
    assert (a["items"][0]["actor"], a["items"][0]["merchantId"]) == (f"admin:{admin.id}", None)
    assert [i["before"]["threshold"] for i in a["items"][2:]] == [1, 0, None]
    paged = admin.another().pages("/audit", subjectId=p, limit=2)
    assert paged == a["items"]


def test_filters(past):
    admin, merchant, p = past

    def found(**query):
        a = records(admin, **query)
        assert a["total"] == len(a["items"])
        return len(a["items"])
    assert found(actor=f"merchant:{merchant.id}") == 3 and found(actor=f"admin:{admin.id}") == 2
    assert found(subjectId=p, action="inventory.alert") == 3 and found(subjectId=p, subject="product") == 5
    assert found(subjectId=p, subject="order") == 0 and found(subjectId=new_id()) == 0
    times = [i["createdAt"] for i in records(admin, subjectId=p)["items"]]
    assert found(subjectId=p, **{"from": min(times)}) == 5 and found(subjectId=p, to=min(times)) == 0
    assert found(subjectId=p, **{"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00+08:00"}) == 0
    for wrong in ({"from": "x"}, {"to": "2026-01-01"}, {"limit": "0"}, {"actor": ""}, {"subjectId": "x" * 37}):
        assert admin.another().get("/audit", query=wrong).fields() == set(wrong)
    assert admin.another().get("/audit", query={"cursor": "x"}).code == "invalid_cursor"


def test_for_admins_alone(shop, user):
    assert shop.http.get("/api/admin/audit").status == 401
    for token in (user.token, shop.merchant().token):
        assert shop.http.get("/api/admin/audit", token).status == 403


def test_nothing_is_taken_out_of_it(shop):
    """The program's own user of the database may not."""
    grants = shop.stack.sql("SELECT PRIVILEGE_TYPE FROM information_schema.table_privileges WHERE table_name = 'audit_log' "
                            "AND grantee LIKE '%pointsmall''@%'")
    assert {g[0] for g in grants} == {"SELECT", "INSERT"}


def test_what_fails_leaves_no_trace(shop):
    admin, p = shop.admin(), shop.product(stock=1)
    assert admin.post(f"/inventory/{p}", {"change": -2, "description": "x"}).status == 409
    assert admin.put(f"/products/{p}", {"pointsPrice": 2}, headers={"If-Match": '"9"'}).status == 412
    assert admin.put(f"/products/{p}", {"pointsPrice": 0}).status == 400
    assert records(admin, subjectId=p)["items"] == []
