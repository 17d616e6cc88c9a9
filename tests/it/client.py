# SPDX-License-Identifier: Apache-2.0
"""HTTPS at curl's level: every byte of a request can be chosen, nothing is followed or repeated, and every answer is
held against docs/openapi.yaml and the rules that hold for all answers."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import ssl
import struct
import threading
import time
import urllib.parse

import jsonschema
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
# Refusals of the gateway that belong to no operation.
GATEWAY_STATUSES = {400, 404, 408, 413, 414, 429, 502, 503, 504}
IDLE_S = 30


def strict(text):
    """JSON without duplicate members and NaN."""
    def members(pairs):
        found = dict(pairs)
        assert len(found) == len(pairs), f"duplicate member in {text[:200]}"
        return found

    def constant(word):
        raise AssertionError(f"{word} in {text[:200]}")
    return json.loads(text, object_pairs_hook=members, parse_constant=constant)


class Document:
    """docs/openapi.yaml, and which of its operations and codes were met."""

    def __init__(self):
        with open(os.path.join(ROOT, "docs", "openapi.yaml"), encoding="utf-8") as f:
            self.doc = yaml.load(f, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.resolver = jsonschema.RefResolver.from_schema(self.doc)
        self.paths = [(re.compile("^" + re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "$"), path)
                      for path in self.doc["paths"]]
        # The exact paths first: /inventory/check is not an id.
        self.paths.sort(key=lambda p: "{" in p[1])
        self.validators = {}
        self.met = set()        # (METHOD, path template, status)
        self.codes = set()

    def deref(self, node):
        while "$ref" in node and len(node) == 1:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def validator(self, schema):
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        return self.validators[key]

    def hold(self, schema, value, what):
        errors = list(self.validator(schema).iter_errors(value))
        assert not errors, f"{what}: {errors[0].message} at {list(errors[0].absolute_path)}: {str(value)[:300]}"

    def path_of(self, path):
        for pattern, template in self.paths:
            if pattern.match(path):
                return template
        return None

    def check(self, method, path, answer):
        template = self.path_of(path)
        what = f"{method} {path}: {answer.status}"
        if "application/problem+json" in answer.header("Content-Type", ""):
            self.check_problem(answer, what)
        if template is None:
            assert answer.status in GATEWAY_STATUSES | {405}, what
            return
        item = self.doc["paths"][template]
        verb = "get" if method == "HEAD" else method.lower()
        if verb not in item:
            assert answer.status in {405} | GATEWAY_STATUSES, what
            verb = next(m for m in ("get", "post", "put", "delete") if m in item)
        responses = item[verb]["responses"]
        if str(answer.status) not in responses:
            assert answer.status in {408, 414}, f"{what} is not documented: {answer.text[:300]}"
            return
        self.met.add((verb.upper(), template, answer.status))
        self.check_response(self.deref(responses[str(answer.status)]), method, answer, what)

    def check_problem(self, answer, what):
        if not answer.text:
            return
        self.hold({"$ref": "#/components/schemas/Problem"}, answer.json, what)
        assert answer.json["status"] == answer.status, what
        assert answer.json["requestId"] == answer.header("X-Request-Id"), what
        self.codes.add(answer.json["code"])

    def check_response(self, response, method, answer, what):
        for name, header in response.get("headers", {}).items():
            header = self.deref(header)
            value = answer.header(name)
            if value is None:
                assert not header.get("required"), f"{what}: lacks {name}"
                continue
            schema = self.deref(header["schema"])
            self.hold(schema, int(value) if schema.get("type") == "integer" else value, f"{what}: {name}")
        content = response.get("content")
        if not content:
            assert answer.body == b"", f"{what}: {answer.text[:300]}"
            return
        kind = answer.header("Content-Type", "").split(";")[0]
        assert kind in content, f"{what}: is {kind}: {answer.text[:300]}"
        if method != "HEAD":
            self.hold(content[kind]["schema"], answer.json if kind.endswith("json") else answer.text, what)


DOCUMENT = Document()


class Answer:
    def __init__(self, status, reason, headers, body, seconds):
        self.status = status
        self.reason = reason
        self.headers = headers          # list of (name, value)
        self.body = body
        self.seconds = seconds
        self._json = None

    def header(self, name, default=None):
        values = [v for k, v in self.headers if k.lower() == name.lower()]
        assert len(values) <= 1 or name.lower() == "vary", f"{name} comes {len(values)} times: {values}"
        return values[0] if values else default

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        if self._json is None:
            self._json = strict(self.text)
        return self._json

    @property
    def code(self):
        return self.json.get("code")

    def fields(self):
        """The bad fields that a 400 names."""
        return {e["field"] for e in self.json.get("errors", [])}

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


class Client:
    """Talks to one listener of an instance; a kept connection for each thread."""

    def __init__(self, stack, listener="URL"):
        self.stack = stack
        self.url = urllib.parse.urlsplit(stack.env[listener])
        self.context = ssl.create_default_context(cafile=stack.env["CA"])
        self.local = threading.local()

    def connection(self):
        c = getattr(self.local, "c", None)
        if c is None or c.sock is None or time.monotonic() - self.local.used > IDLE_S:
            if c is not None:
                c.close()
            c = http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.context, timeout=30)
            c.connect()
            c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.local.c = c
        self.local.used = time.monotonic()
        return c

    def close(self):
        if getattr(self.local, "c", None) is not None:
            self.local.c.close()
            self.local.c = None

    def send(self, method, target, body=None, headers=(), check=True):
        """One request as it is given: headers are a list of (name, value). No header but Host is added, and
        Content-Length where there is a body."""
        c = self.connection()
        begun = time.monotonic()
        try:
            c.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers:
                c.putheader(name, value)
            if body is not None and not any(n.lower() in ("content-length", "transfer-encoding") for n, _ in headers):
                c.putheader("Content-Length", str(len(body)))
            c.endheaders(body)
            r = c.getresponse()
            data = r.read()
        except BaseException:
            self.close()
            raise
        answer = Answer(r.status, r.reason, r.getheaders(), data, time.monotonic() - begun)
        if r.will_close:
            self.close()
        if check:
            self.check(method, target, headers, answer)
        return answer

    def check(self, method, target, headers, answer):
        """What holds for every answer of the gateway."""
        what = f"{method} {target}: {answer.status}"
        assert answer.reason, f"{what}: a status line without its words"
        got = answer.header("X-Request-Id")
        assert got is not None and REQUEST_ID.match(got), f"{what}: X-Request-Id {got!r}"
        asked = [v for n, v in headers if n.lower() == "x-request-id"]
        if len(asked) == 1 and REQUEST_ID.match(str(asked[0])):
            assert got == asked[0], f"{what}: X-Request-Id {got!r} is not ours, {asked[0]!r}"
        assert answer.header("X-Content-Type-Options") == "nosniff", what
        assert answer.header("Cache-Control") is not None or target.startswith("/files/"), what
        if method == "HEAD":
            assert answer.body == b"", what
        if not target.startswith("/files/"):
            if answer.status >= 400 and method != "HEAD":
                assert answer.header("Content-Type") == "application/problem+json", f"{what} {answer.text[:200]}"
            DOCUMENT.check(method, urllib.parse.unquote(target.partition("?")[0]), answer)

    def call(self, method, path, json_body=None, token=None, key=None, headers=None, query=None, raw=None,
             content_type="application/json", check=True):
        """A request as clients make them."""
        sent = dict(headers or {})
        body = raw
        if json_body is not None:
            body = json.dumps(json_body, ensure_ascii=False).encode()
        if isinstance(body, str):
            body = body.encode()
        if body is not None and content_type is not None:
            sent.setdefault("Content-Type", content_type)
        if body is None and method in ("POST", "PUT"):
            body = b""
        if token is not None:
            sent["Authorization"] = "Bearer " + token
        if key is not None:
            sent["Idempotency-Key"] = key
        if query:
            path += "?" + urllib.parse.urlencode(query)
        return self.send(method, path, body, list(sent.items()), check)

    def get(self, path, token=None, **more):
        return self.call("GET", path, token=token, **more)

    def head(self, path, token=None, **more):
        return self.call("HEAD", path, token=token, **more)

    def post(self, path, json_body=None, token=None, **more):
        return self.call("POST", path, json_body, token, **more)

    def put(self, path, json_body=None, token=None, **more):
        return self.call("PUT", path, json_body, token, **more)

    def wire(self, data, seconds=10):
        """Bytes as they are, on a connection of their own; the bytes that came back."""
        raw = socket.create_connection((self.url.hostname, self.url.port), timeout=seconds)
        out = b""
        with self.context.wrap_socket(raw, server_hostname=self.url.hostname) as s:
            s.sendall(data)
            try:
                while chunk := s.recv(65536):
                    out += chunk
            except (TimeoutError, ConnectionResetError):
                pass
        return out

    def pages(self, path, token=None, **query):
        """All items of a list, page by page."""
        items, cursor = [], None
        for _ in range(1000):
            page = self.get(path, token, query=dict(query, **({"cursor": cursor} if cursor else {})))
            assert page.status == 200, page
            assert len(page.json["items"]) <= int(query.get("limit", 20))
            items += page.json["items"]
            cursor = page.json["nextCursor"]
            if cursor is None:
                return items
        raise AssertionError("the list does not end")


def fastcgi(path, uri):
    """One GET without nginx: the worker's answer as it stands on the wire."""
    def record(kind, data):
        return struct.pack("!BBHHBB", 1, kind, 1, len(data), 0, 0) + data
    params = b""
    for name, value in ((b"REQUEST_METHOD", b"GET"), (b"DOCUMENT_URI", uri.encode()), (b"QUERY_STRING", b""), (b"REQUEST_ID", b"it")):
        params += bytes([len(name), len(value)]) + name + value
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(path)
        s.sendall(record(1, struct.pack("!HB5x", 1, 0)) + record(4, params) + record(4, b"") + record(5, b""))
        got = b""
        while chunk := s.recv(65536):
            got += chunk
    return got


# ---- tokens made by hand ----

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header, claims, secret, digest=hashlib.sha256):
    head = header if isinstance(header, str) else b64(json.dumps(header).encode())
    body = claims if isinstance(claims, str) else b64(json.dumps(claims).encode())
    mac = hmac.new(secret, f"{head}.{body}".encode(), digest).digest()
    return f"{head}.{body}.{b64(mac)}"


def together(n, work):
    """work(i) in n threads that begin at the same moment; the results, or the first exception."""
    barrier = threading.Barrier(n)
    results, errors = [None] * n, []

    def run(i):
        try:
            barrier.wait(30)
            results[i] = work(i)
        except BaseException as e:      # noqa: B902 (told to the caller)
            errors.append(e)
    threads = [threading.Thread(target=run, args=(i,), daemon=True) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
        assert not t.is_alive(), "a thread does not end"
    if errors:
        raise errors[0]
    return results


class Load:
    """Threads that call work() over and over until the with ends; failures are kept."""

    def __init__(self, work, threads=4):
        self.work = work
        self.stop = threading.Event()
        self.count = 0
        self.failures = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]

    def run(self):
        while not self.stop.is_set():
            try:
                self.work()
                with self.lock:
                    self.count += 1
            except BaseException as e:  # noqa: B902 (told by whoever looks)
                with self.lock:
                    self.failures.append(e)

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join(60)
