# SPDX-License-Identifier: Apache-2.0
"""At the end of a whole run: what was met in it, and whether the books are right after all of it."""

# Not met on purpose: what only a race could bring.
NEVER = {"conflict"}


def test_every_code_was_met(document):
    codes = set(document.doc["components"]["schemas"]["ProblemCode"]["enum"])
    assert codes - document.codes <= NEVER


def test_every_route_met_its_refusals(document):
    """Each operation: its successes, and each 4xx that is its own."""
    missing = []
    for path, item in document.doc["paths"].items():
        for verb in ("get", "post", "put", "delete"):
            if verb not in item:
                continue
            for status in item[verb]["responses"]:
                # Anybody's: limits, the gateway's and the machine's troubles; a 400 for each needs a body or a query.
                if int(status) >= 413 and int(status) not in (415, 422) or status == "405":
                    continue
                if (verb.upper(), path, int(status)) not in document.met:
                    missing.append(f"{verb.upper()} {path} {status}")
    # No request that reaches these can be so wrong.
    fine = {m for m in missing if m.endswith(" 400") and ("healthz" in m or "readyz" in m or "metrics" in m or "categories" in m or "{id}" in m
                                                          or "{productId}" in m or "balance" in m or "logout" in m
                                                          or m == "GET /api/user/profile 400")}
    fine |= {m for m in missing if m == "POST /api/mall/exchange 404"}
    assert set(missing) - fine == set()


def test_the_books_are_right_in_the_end(shop, rough):
    shop.stack.verify()
    rough.stack.verify()


def test_no_worker_died_by_itself(shop):
    log = shop.stack.log("serve")
    for word in ("ended by signal", "killed", "does not end", "assert"):
        assert word not in log, [line for line in log.splitlines() if word in line][:3]
