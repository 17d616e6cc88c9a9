#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds docs/openapi.yaml against the program's own table of routes.

    compare.py [--openapi FILE] [--program PATH | --routes FILE]

The table is what `pointsmall routes` prints: METHOD, PATH, WHO, BODY_MAX, IDEMPOTENT, PUBLIC, separated by tabs;
--routes reads it from a file ("-": standard input). One line for each difference; the exit status is 1 where there is one.
"""

import argparse
import os
import re
import subprocess
import sys

import yaml

METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
NO_TOKEN = {"anyone", "loopback"}
ON_EVERY_ROUTE = {"400", "405", "429", "500", "503", "504"}


def read_routes(text):
    """{(METHOD, PATH): {who, body_max, idempotent, public}}, a path's ":id" written "{id}"."""
    routes = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        fields = line.split("\t")
        if fields[0] == "METHOD":
            continue
        if len(fields) < 6:
            sys.exit(f"routes: line {number} has {len(fields)} fields, not 6: {line!r}")
        method, path, who, body_max, idempotent, public = fields[:6]
        routes[method.upper(), re.sub(r":(\w+)", r"{\1}", path)] = {
            "who": set(re.split(r"[\s,|+]+", who.strip().lower())),
            "body_max": int(body_max),
            "idempotent": is_yes(idempotent),
            "public": is_yes(public),
        }
    return routes


def is_yes(word):
    word = word.strip().lower()
    if word in ("yes", "true", "1", "idempotent", "public"):
        return True
    if word in ("no", "false", "0", "-", ""):
        return False
    sys.exit(f"routes: {word!r} is neither yes nor no")


def resolve(doc, node):
    while isinstance(node, dict) and "$ref" in node:
        target = doc
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def operations(doc):
    """{(METHOD, PATH): (operation, parameters)} with every $ref of the parameters followed."""
    found = {}
    for path, item in doc["paths"].items():
        for method in METHODS:
            if method in item:
                listed = item.get("parameters", []) + item[method].get("parameters", [])
                found[method.upper(), path] = item[method], [resolve(doc, p) for p in listed]
    return found


def has_header(parameters, name):
    return any(p["in"] == "header" and p["name"].lower() == name for p in parameters)


def differences_of(doc, route, operation, parameters):
    """What is wrong with one operation, as text."""
    wants_token = not route["who"] <= NO_TOKEN
    security = operation.get("security", doc.get("security", []))
    if wants_token and not security:
        yield f"is for {' '.join(sorted(route['who']))}, and has no bearer security"
    if not wants_token and security:
        yield f"is for {' '.join(sorted(route['who']))}, and has security"
    if has_header(parameters, "idempotency-key") != route["idempotent"]:
        yield "is idempotent and lacks the Idempotency-Key parameter" if route["idempotent"] else \
            "is not idempotent and has an Idempotency-Key parameter"
    if has_header(parameters, "if-none-match") != route["public"]:
        yield "is public and lacks If-None-Match" if route["public"] else "is not public and has If-None-Match"
    if "requestBody" in operation and route["body_max"] == 0:
        yield "takes no body, and has a requestBody"
    yield from missing_statuses(route, operation, wants_token)


def missing_statuses(route, operation, wants_token):
    due = set(ON_EVERY_ROUTE)
    due |= {"401", "403"} if wants_token else set()
    due |= {"409", "422"} if route["idempotent"] else set()
    due |= {"413", "415"} if "requestBody" in operation else set()
    due |= {"304"} if route["public"] else set()
    missing = sorted(due - {str(status) for status in operation["responses"]})
    if missing:
        yield f"lacks the responses {' '.join(missing)}"


def compare(doc, routes):
    documented = operations(doc)
    for key in sorted(routes.keys() - documented.keys()):
        yield f"{key[0]} {key[1]}: the program has it, the document does not"
    for key in sorted(documented.keys() - routes.keys()):
        yield f"{key[0]} {key[1]}: the document has it, the program does not"
    for key in sorted(documented.keys() & routes.keys()):
        for text in differences_of(doc, routes[key], *documented[key]):
            yield f"{key[0]} {key[1]}: {text}"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--openapi", default=os.path.join(here, "..", "..", "docs", "openapi.yaml"))
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--program", default="./pointsmall")
    source.add_argument("--routes")
    args = parser.parse_args()

    with open(args.openapi, encoding="utf-8") as f:
        doc = yaml.safe_load(f)
    if args.routes == "-":
        text = sys.stdin.read()
    elif args.routes:
        with open(args.routes, encoding="utf-8") as f:
            text = f.read()
    else:
        text = subprocess.run([args.program, "routes"], check=True, capture_output=True, text=True).stdout
    routes = read_routes(text)
    if not routes:
        sys.exit("routes: the table is empty")
    found = list(compare(doc, routes))
    for line in found:
        print(line)
    if found:
        sys.exit(1)
    print(f"openapi: {len(routes)} routes, no difference")


if __name__ == "__main__":
    main()
