# SPDX-License-Identifier: Apache-2.0
"""The configuration: every wrong line is named, nothing starts with one; TLS to the database is verified."""

import os
import signal
import subprocess

import pytest

from client import fastcgi
from stack import PATIENCE, Stack, wait_until


def test_the_instances_own_is_good(shop):
    done = shop.stack.program("check-config")
    assert "configuration is good" in done.stdout


WRONG = {
    ("db", "timeout_ms"): ("soon", "timeout_ms"),
    ("token", "access_ttl_s"): ("-1", "access_ttl_s"),
    ("token", "cursor_secret"): ("zz", "cursor_secret"),
    ("key staging", "secret"): ("ab" * 31, "secret"),
    ("key legacy", "roles"): ("user king", "roles"),
    ("pool read", "workers"): ("0", "workers"),
    ("pool write", "listen"): ("not a path", "listen"),
    ("process", "log_level"): ("loud", "log_level"),
    ("wechat", "url"): ("http://example.com", "url"),
    ("memcached", "timeout_ms"): ("1e3", "timeout_ms"),
    ("db", "nonsense"): ("1", "nonsense"),
}


def test_every_wrong_line_is_named(shop):
    """All at once, one line each, with the number of its line; and nothing else starts with them either."""
    conf = shop.stack.conf_with({k: v[0] for k, v in WRONG.items()}, "wrong.conf")
    with open(conf, "a", encoding="utf-8") as f:
        f.write("[nowhere]\nthis is no setting\n")
    numbers = {}
    with open(conf, encoding="utf-8") as f:
        section = None
        for n, line in enumerate(f, 1):
            section = line.strip()[1:-1] if line.startswith("[") else section
            numbers[(section, line.partition("=")[0].strip())] = n
    for command in ("check-config", "serve", "jobs", "verify"):
        done = shop.stack.program(command, conf=conf, check=False)
        said = (done.stdout + done.stderr).splitlines()
        assert done.returncode != 0, command
        for key, (_, word) in WRONG.items():
            mine = [line for line in said if f":{numbers[key]}:" in line or f"line {numbers[key]}" in line]
            assert len(mine) == 1 and word in mine[0], (command, key, said)
        assert any("[nowhere]" in line for line in said)
        assert len(said) >= len(WRONG) + 1
        for secret in (shop.stack.setting("db", "password"), "ab" * 31):
            assert not any(secret in line for line in said), "a secret is shown"


@pytest.mark.parametrize("changes,word", [
    ({("key staging", "sign"): "no"}, "sign"), ({("key legacy", "sign"): "yes"}, "sign"),
    ({("pool write", "listen"): None}, "listen"), ({("db", "socket"): None}, "socket"),
    ({("db", "host"): "127.0.0.1"}, "host"), ({("token", "cursor_secret"): None}, "cursor_secret"),
    ({("key staging", "secret"): None}, "secret"), ({("key legacy", "default_role"): "admin"}, "default_role"),
    ({("wechat", "appid"): None}, "appid"), ({("pool read", "workers"): "100000"}, "workers"),
])
def test_combinations(shop, changes, word):
    conf = shop.stack.conf_with(changes, "combination.conf")
    for command in ("check-config", "serve"):
        done = shop.stack.program(command, conf=conf, check=False, timeout=20)
        assert done.returncode != 0, command
        assert word in done.stdout + done.stderr, done


def test_no_file_and_no_command(shop):
    for args in (["check-config"], ["serve"], ["jobs"], ["migrate"]):
        done = shop.stack.program(*args, conf="/nonexistent/pointsmall.conf", check=False)
        assert done.returncode != 0 and "/nonexistent/pointsmall.conf" in done.stderr
    assert shop.stack.program("dance", check=False).returncode != 0
    assert shop.stack.program("serve", "more", check=False).returncode != 0


def test_a_second_master_does_not_start(shop):
    done = shop.stack.program("serve", check=False, timeout=20)
    assert done.returncode != 0 and done.stderr
    assert shop.http.get("/readyz").status == 200


def test_an_older_schema_stops_the_start(rough):
    """And a newer one does not."""
    conf = rough.stack.conf_with({("pool read", "listen"): os.path.join(rough.stack.base, "r.sock"),
                                  ("pool write", "listen"): os.path.join(rough.stack.base, "w.sock"),
                                  ("pool bulk", "listen"): os.path.join(rough.stack.base, "b.sock"),
                                  ("process", "pid_file"): os.path.join(rough.stack.base, "m.pid")}, "schema.conf")
    rough.stack.sql("RENAME TABLE schema_migrations TO m_away; CREATE TABLE schema_migrations LIKE m_away;")
    try:
        rough.stack.sql("GRANT SELECT ON schema_migrations TO pointsmall@localhost")
        for command in ("serve", "jobs", "check-config"):
            done = rough.stack.program(command, conf=conf, check=False, timeout=20)
            assert done.returncode != 0 and "pointsmall migrate" in done.stdout + done.stderr, done
        a = rough.direct.get("/readyz")
        assert (a.status, a.code) == (503, "unavailable")
        rough.stack.sql("INSERT INTO schema_migrations SELECT * FROM m_away;"
                        "INSERT INTO schema_migrations (version, name, checksum, applied_at) "
                        "SELECT 9999, 'future', checksum, applied_at FROM m_away LIMIT 1;")
        assert rough.stack.program("check-config", conf=conf).returncode == 0
        assert rough.direct.get("/readyz").status == 200
    finally:
        rough.stack.sql("DROP TABLE schema_migrations; RENAME TABLE m_away TO schema_migrations;")


def test_migrate_twice_is_harmless(shop):
    before = shop.stack.sql("SELECT * FROM schema_migrations ORDER BY version")
    shop.stack.program("migrate")
    assert shop.stack.sql("SELECT * FROM schema_migrations ORDER BY version") == before


def test_too_few_connections_are_told(shop):
    conf = shop.stack.conf_with({("pool write", "workers"): "100"}, "many.conf")
    done = shop.stack.program("check-config", conf=conf, check=False)
    assert done.returncode != 0 and "max_connections" in done.stdout + done.stderr


# ---- TLS to the database ----

def over_tcp(stack, ca, name, host="127.0.0.1"):
    return stack.conf_with({("db", "socket"): None, ("db", "host"): host, ("db", "port"): stack.env["DB_PORT"],
                            ("db", "ca"): ca}, name)


def own_ca(stack, name):
    base = os.path.join(stack.base, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-keyout", base + ".key", "-out", base + ".crt", "-subj", "/CN=pointsmall staging CA"], check=True,
                   capture_output=True)
    os.chmod(base + ".crt", 0o644)
    return base + ".crt"


def test_the_right_ca_works(shop):
    conf = over_tcp(shop.stack, shop.stack.env["CA"], "tcp.conf")
    assert "configuration is good" in shop.stack.program("check-config", conf=conf).stdout
    shop.stack.program("verify", conf=conf)


def test_a_wrong_ca_is_refused(shop):
    """Of the same name even: the signature counts."""
    conf = over_tcp(shop.stack, own_ca(shop.stack, "wrong-ca"), "wrong-ca.conf")
    done = shop.stack.program("check-config", conf=conf, check=False)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "certificate" in said.lower() or "SSL" in said, said


def test_no_ca_is_no_configuration(shop):
    done = shop.stack.program("check-config", conf=over_tcp(shop.stack, None, "no-ca.conf"), check=False)
    assert done.returncode != 0 and "ca" in done.stdout + done.stderr


def test_a_server_of_another_name_is_refused(shop):
    """127.1 is 127.0.0.1, but it is not what the certificate says."""
    conf = over_tcp(shop.stack, shop.stack.env["CA"], "name.conf", "127.1")
    done = shop.stack.program("check-config", conf=conf, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0 and ("certificate" in said.lower() or "SSL" in said), said


def test_a_server_without_tls_is_refused():
    stack = Stack(db_options=["skip-ssl"])
    try:
        stack.up()
        stack.sql("ALTER USER pointsmall@'127.0.0.1' REQUIRE NONE; GRANT ALL ON pointsmall.* TO pointsmall@'127.0.0.1'")
        assert stack.program("check-config").returncode == 0, "over the socket it is well"
        done = stack.program("check-config", conf=over_tcp(stack, stack.env["CA"], "plain.conf"), check=False)
        assert done.returncode != 0, "it spoke without TLS"
        assert "ssl" in (done.stdout + done.stderr).lower() or "tls" in (done.stdout + done.stderr).lower(), done
    finally:
        stack.down()


def test_it_serves_over_tcp(shop):
    """A whole worker pool over TLS, beside the instance's own."""
    base = shop.stack.base
    conf = over_tcp(shop.stack, shop.stack.env["CA"], "serve-tcp.conf")
    text = open(conf, encoding="utf-8").read()
    run = os.path.dirname(shop.stack.setting("pool read", "listen"))
    for name in ("read.sock", "write.sock", "bulk.sock", "master.pid"):
        text = text.replace(os.path.join(run, name), os.path.join(run, "tcp-" + name))
    text = text.replace("workers = 16", "workers = 1").replace("workers = 4", "workers = 1")
    with open(conf, "w", encoding="utf-8") as f:
        f.write(text)
    with open(os.path.join(base, "tcp.log"), "w+", encoding="utf-8") as log:
        p = subprocess.Popen([shop.stack.env["PROGRAM"], "-c", conf, "serve"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_until(lambda: os.path.exists(os.path.join(run, "tcp-read.sock")), 10, "its socket")
            got = fastcgi(os.path.join(run, "tcp-read.sock"), "/readyz")
            assert b"Status: 200" in got, got
            rows = shop.stack.sql("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'pointsmall' "
                                  "AND host LIKE '127.0.0.1%'")
            assert int(rows[0][0]) >= 1
        finally:
            p.send_signal(signal.SIGTERM)
            p.wait(timeout=40 * PATIENCE)


# ---- WeChat out of order ----

def test_wechat_refuses_us(rough):
    """A wrong appid is our fault and not the user's: 502. Nobody there: 502 or 503. Each is told, and no user is made."""
    path = rough.stack.env["CONF"]
    text = open(path, encoding="utf-8").read()
    users = rough.stack.number("SELECT COUNT(*) FROM users")
    url = rough.stack.setting("wechat", "url")
    try:
        for old, new, statuses in (("appid = wxstaging", "appid = wxother", {502}),
                                   (f"url = {url}", f"url = {rough.stack.env['WECHAT_URL']}/nowhere", {502}),
                                   (f"url = {url}", "url = http://127.0.0.1:1", {502, 503})):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace(old, new))
            rough.stack.reload()
            a = rough.http.post("/api/auth/login", {"code": "cSome"})
            assert a.status in statuses, (new, a)
            assert a.code in ("upstream_failed", "unavailable")
    finally:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    rough.stack.reload()
    assert rough.stack.number("SELECT COUNT(*) FROM users") == users
    assert rough.http.post("/api/auth/login", {"code": "cSome"}).status == 200
