# SPDX-License-Identifier: Apache-2.0
"""What the operators' routes stand on: versions in ETags, lists with totals, CSV in and out, the pool of bulk work."""

import urllib.parse

PRODUCTS = "/api/mall/products"


def test_public_reads_know_no_preconditions(shop, product):
    """The gateway neither refuses for them nor lets them reach the worker, cached or not."""
    for where in (PRODUCTS + "?limit=3", f"{PRODUCTS}/{product}"):
        etag = shop.direct.get(where).header("ETag")
        for headers in ({"If-Match": '"7"'}, {"If-Match": "*"}, {"If-Match": etag}, {"If-Match": "x"},
                        {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
            for _ in range(2):
                a = shop.http.get(where, headers=headers)
                assert a.status == 200 and a.json, (headers, a)
                assert shop.http.head(where, headers=headers).status == 200
        assert shop.http.get(where, headers={"If-Match": '"7"', "If-None-Match": etag}).status in (200, 304)
