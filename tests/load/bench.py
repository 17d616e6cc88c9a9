#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench.py: how fast the mall is, and how near to what the machine can do (./staging bench).

Brings up an instance of its own under var/bench, seeds it, and measures each way of answering in turn
(A B C … A B C …), three rounds of it. A ratio is taken within a round, against that round's limit; what is shown is
the median of the rounds. Ends with `pointsmall verify`: what was bought must add up.

With --large: exchanges alone, in that shop and in a second one beside it, of 1,000,000 users with 10,000,000 records.
"""

import argparse
import collections
import configparser
import fcntl
import json
import os
import pathlib
import platform
import pwd
import re
import resource
import secrets
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("STAGING_BUILD", TOP / "var/build"))
TICKS = os.sysconf("SC_CLK_TCK")

Size = collections.namedtuple("Size", "products users records")
SMALL = Size(20000, 20000, 20000)
LARGE = Size(100000, 1000000, 10000000)
# In tokens: of a large shop every n-th user's, so that each page of its users and of their ledgers' index is met.
BUYERS_MAX = 100000
HOT = 290		# of the seeded products, the cheapest
ROUNDS = 3
VERIFY_S = 1800
READERS = 64		# connections of wrk
BUYERS = 16
SETTINGS = {		# of the instance; workers as ./staging has them
    "read": 4,
    "write": 16,
}

# Of both databases, where a large shop is measured: what is hot of it fits, as it must in production (docs/performance.md).
LARGE_DB = ["innodb-buffer-pool-size=3G", "innodb-log-file-size=1G"]

# What nginx says where an answer came from its cache.
FROM_CACHE = (b"HIT", b"STALE", b"UPDATING")

# Further pools of readers, each without a copy that the one before it has.
VARIANTS = {
    "memcached": {("copies", "slots"): "0"},
    "db": {("copies", "slots"): "0", ("memcached", "servers"): ""},
}


def product_id(n):
    return f"01900000-0000-7000-8000-{n:012x}"


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def die(text):
    sys.exit(f"bench: {text}")


# ---- processes and their CPU time ----

def children(pid):
    try:
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def cpu_ticks(pid):
    """Of a process and all under it, also of those that ended in between: their parent has their time."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return sum(int(f) for f in fields[11:15]) + sum(cpu_ticks(c) for c in children(pid))


def wait_for(what, seconds, test):
    until = time.monotonic() + seconds
    while not test():
        if time.monotonic() > until:
            die(f"{what} is not there after {seconds} s")
        time.sleep(0.02)


def port_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def port_free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- the instance ----

class Instance:
    """var/bench: made anew each time, so that every run begins with the same shop."""

    def __init__(self, directory, size, db_options=()):
        self.dir = pathlib.Path(directory)
        self.size = size
        self.db_options = [f"--db-option={option}" for option in db_options]
        self.variants = {}
        self.ports = {}

    def staging(self, *arguments):
        command = [str(TOP / "staging"), "--dir", str(self.dir), "--build", str(BUILD), "--no-build"]
        for option in self.db_options:
            command += option.split("=", 1)
        command += arguments
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            die(f"{' '.join(arguments)} failed")
        return done.stdout

    def pointsmall(self, *arguments, timeout=600):
        command = [self.env["PROGRAM"], "-c", self.env["CONF"], *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout)
        return done.returncode, done.stdout

    def verify(self):
        try:
            code, text = self.pointsmall("verify", timeout=VERIFY_S)
        except subprocess.TimeoutExpired:
            return False, f"not done within {VERIFY_S} s"
        return code == 0, text.strip().splitlines()[-1]

    def up(self):
        self.staging("down", "--purge")
        self.staging("--port", "0", "up")
        self.env = dict(line.split("=", 1) for line in self.staging("env").splitlines())
        self.real = pathlib.Path(self.env["DIR"])
        self.run = pathlib.Path(self.env["DB_SOCKET"]).parent
        self.seed()
        self.stop_jobs()
        self.password = db_password(self)

    def add_variants(self):
        for name, changes in VARIANTS.items():
            self.serve_variant(name, changes)
        self.nginx_variants()

    def pid(self, name):
        return int((self.run / f"{name}.pid").read_text())

    def seed(self):
        code, text = self.pointsmall("seed", "--products", str(self.size.products), "--users", str(self.size.users),
                                     "--records", str(self.size.records), timeout=3600)
        if code != 0:
            die(f"seed: {text}")
        self.seeded = text.strip().splitlines()[-1]
        self.write_tokens()
        self.flush()

    def write_tokens(self):
        self.tokens = self.real / "tmp/tokens"
        step = max(self.size.users // BUYERS_MAX, 1)
        command = [self.env["PROGRAM"], "-c", self.env["CONF"], "token", "--count", str(self.size.users), "--ttl", "86400"]
        with open(os.open(self.tokens, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as out, \
                subprocess.Popen(command, stdout=subprocess.PIPE) as program:
            for n, line in enumerate(program.stdout):
                if n % step == 0:
                    out.write(line)
        if program.returncode != 0:
            die("token failed")

    def flush(self):
        """What seeding left to be written is written: it would be in the way of what is measured."""
        was, most = self.sql("SELECT @@innodb_io_capacity, @@innodb_io_capacity_max").split()
        self.sql("SET GLOBAL innodb_max_dirty_pages_pct = 0, innodb_io_capacity_max = 40000, innodb_io_capacity = 20000")
        wait_for("an end of writing", 600, lambda: int(self.sql(
            "SELECT variable_value FROM information_schema.global_status "
            "WHERE variable_name = 'Innodb_buffer_pool_pages_dirty'")) < 100)
        self.sql(f"SET GLOBAL innodb_max_dirty_pages_pct = DEFAULT, innodb_io_capacity = {was}, "
                 f"innodb_io_capacity_max = {most}")

    def stop_jobs(self):
        """They would take the two cores for the outbox of each exchange; ./staging status shows them as stopped."""
        pid = self.pid("jobs")
        os.kill(pid, signal.SIGTERM)
        wait_for("the end of jobs", 40, lambda: not pathlib.Path(f"/proc/{pid}").exists())

    def serve_variant(self, name, changes):
        """One more `pointsmall serve`, with a pool of readers alone."""
        source = pathlib.Path(self.env["CONF"])
        conf = configparser.RawConfigParser(delimiters=("=",))
        conf.optionxform = str
        conf.read_string(source.read_text())
        for section in conf.sections():
            if section.startswith("pool ") and section != "pool read":
                conf.remove_section(section)
        conf["pool read"]["listen"] = str(self.run / f"read-{name}.sock")
        conf["process"]["pid_file"] = str(self.run / f"bench-{name}.pid")
        for (section, key), value in changes.items():
            if not conf.has_section(section):
                conf.add_section(section)
            conf[section][key] = value
        path = source.parent / f"bench-{name}.conf"
        with open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as f:
            conf.write(f)
        shutil.copystat(source, path)
        os.chown(path, source.stat().st_uid, source.stat().st_gid)
        with open(self.real / f"log/bench-{name}.log", "a") as log:
            self.variants[name] = subprocess.Popen([self.env["PROGRAM"], "-c", str(path), "serve"], stdout=log,
                                                   stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        wait_for(f"the pool {name}", 10, (self.run / f"read-{name}.sock").exists)

    def nginx_variants(self):
        """A listener for each variant, with the very files of nginx/: only the name of the upstream is another."""
        conf = self.real / "conf"
        blocks = []
        for name in VARIANTS:
            copy = conf / f"bench-{name}"
            shutil.copytree(TOP / "nginx", copy, dirs_exist_ok=True)
            for file in copy.glob("*.conf"):
                text = file.read_text().replace("include pointsmall/", f"include bench-{name}/")
                file.write_text(text.replace("fastcgi_pass pointsmall_read;", f"fastcgi_pass bench_{name};"))
            self.ports[name] = port_free()
            blocks.append(f"""
upstream bench_{name} {{ server unix:{self.run}/read-{name}.sock; }}
server {{
	listen 127.0.0.1:{self.ports[name]} ssl http2;
	ssl_certificate {self.real}/tls/server.crt;
	ssl_certificate_key {self.real}/tls/server.key;
	root {self.real};
	access_log {self.real}/log/access.log pointsmall buffer=64k flush=1s;
	include bench-{name}/server.conf;
}}""")
        (conf / "bench.conf").write_text("\n".join(blocks))
        site = (conf / "site.conf").read_text()
        bypass = "".join(f'\t"{port}"\t1;\n' for port in self.ports.values())
        site, n = re.subn(r"(map \$server_port \$pm_bypass \{\n)", lambda m: m.group(1) + bypass, site)
        if n != 1:
            die("site.conf has no map of $pm_bypass")
        (conf / "site.conf").write_text(site + "include bench.conf;\n")
        self.nginx_reload()

    def nginx_reload(self):
        master = self.pid("nginx")
        old = children(master)
        os.kill(master, signal.SIGHUP)
        wait_for("nginx with the further listeners", 10, lambda: all(port_open(p) for p in self.ports.values()))
        wait_for("the end of nginx's old worker", 20, lambda: not set(old) & set(children(master)))

    def groups(self):
        return {
            "nginx": [self.pid("nginx")],
            "workers": [self.pid("serve"), *(p.pid for p in self.variants.values())],
            "mariadbd": [self.pid("mariadb")],
            "memcached": [self.pid("memcached")],
        }

    def get(self, url):
        context = ssl.create_default_context(cafile=self.env["CA"])
        with urllib.request.urlopen(url, context=context, timeout=10) as answer:
            return answer.read()

    def sql(self, statement):
        command = ["mariadb", "--no-defaults", "--batch", "--skip-column-names",
                   "--socket=" + self.env["DB_SOCKET"], "--user=" + pwd.getpwuid(os.getuid()).pw_name,
                   "pointsmall", "-e", statement]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def take_access_log(self):
        """How often nginx answered with which status since the last call, and from where."""
        log = self.real / "log/access.log"
        taken = log.with_suffix(".taken")
        os.rename(log, taken)
        os.kill(self.pid("nginx"), signal.SIGUSR1)
        wait_for("nginx's new access log", 10, log.exists)
        time.sleep(0.1)		# its worker opens the new one, writing its buffer to the old, just after the master
        data = taken.read_bytes()
        taken.unlink()
        return (collections.Counter(re.findall(rb'"status":"(\d+)"', data)),
                collections.Counter(re.findall(rb'"cache":"(\w*)"', data)))

    def down(self, keep):
        for process in self.variants.values():
            process.send_signal(signal.SIGQUIT)
        for process in self.variants.values():
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
        if not keep:
            self.staging("down", "--purge")


# ---- what is measured ----

class Bench:
    """One way. limit: the name of what it is held against; floor: what the prototypes reached of it."""

    def __init__(self, name, limit=None, floor=None, status="200", connections=READERS, cached=False, config="",
                 shop=None, also=None):
        self.name = name
        self.shop = shop
        self.also = also        # a second (limit, floor)
        self.limit = limit
        self.floor = floor
        self.status = status
        self.connections = connections
        self.cached = cached
        self.config = config


class Wrk(Bench):
    def __init__(self, name, url, script="report.lua", env=None, **rest):
        super().__init__(name, **rest)
        self.url = url
        self.script = script
        self.env = env or {}

    def command(self, seconds):
        return ["wrk", "-t", "1", "-c", str(self.connections), "-d", f"{seconds}s", "--timeout", "10s",
                "-s", str(HERE / self.script), self.url]

    def result(self, output):
        found = json.loads(output.split("RESULT ", 1)[1])
        statuses, cache = self.shop.take_access_log()
        # 499: wrk went away at the end of its time.
        wrong = {k.decode(): n for k, n in statuses.items() if k.decode() not in (self.status, "499")}
        found["wrong"] = wrong
        found["errors"] = found["socket_errors"] + sum(wrong.values())
        if self.cached:
            found["cached"] = sum(cache[k] for k in FROM_CACHE) / max(sum(cache.values()), 1)
        return found


class Bare(Bench):
    def __init__(self, name, shop, way, hot=0, **rest):
        super().__init__(name, connections=BUYERS, shop=shop, **rest)
        self.program = bare_program()
        self.socket = shop.env["DB_SOCKET"]
        self.way = way
        self.hot = hot
        self.env = {}

    def command(self, seconds):
        return [str(self.program), "--socket", self.socket, "--threads", str(SETTINGS["write"]),
                "--seconds", str(seconds), "--way", self.way, "--users", str(self.shop.size.users),
                "--products", str(self.shop.size.products),
                "--hot", str(self.hot), "--seed", str(secrets.randbelow(1 << 31))]

    def result(self, output):
        found = json.loads(output)
        found["wrong"] = {k: found[k] for k in ("refused", "failed") if found[k]}
        found["errors"] = found["refused"] + found["failed"]
        return found


def bare_program():
    program = BUILD / "tests/load/bare_exchange"
    if not program.exists():
        die(f"{program} is not there; make builds it")
    return program


def sold_out_product(instance):
    """One of the demo shop's."""
    found = instance.sql("SELECT id FROM products WHERE stock_quantity = 0 AND status = 1 AND deleted_at IS NULL "
                         "AND available_from IS NULL AND available_until IS NULL AND purchase_limit IS NULL "
                         "ORDER BY id LIMIT 1")
    if not found:
        die("the shop has nothing sold out")
    return found


def static_files(instance):
    """What the list and a product say just now, as files: the limits of those that answer with as many bytes."""
    directory = instance.real / "files/bench"
    directory.mkdir()
    sizes = {}
    for name, path in (("list", "/api/mall/products"), ("product", f"/api/mall/products/{product_id(HOT)}")):
        body = instance.get(instance.env["URL"] + path)
        (directory / f"{name}.json").write_bytes(body)
        sizes[name] = len(body)
    return sizes


def buyers(shop):
    """What exchange.lua is told."""
    return {"TOKENS": str(shop.tokens), "PRODUCTS": str(shop.size.products)}


WRITE = f"{BUYERS} connections, {SETTINGS['write']} write workers, a new key each"


def benches(instance):
    url, direct = instance.env["URL"], instance.env["DIRECT_URL"]
    at = {name: f"https://localhost:{port}" for name, port in instance.ports.items()}
    one = {"PRODUCTS": str(instance.size.products)}
    buy = buyers(instance)
    hot = {**buy, "PRODUCT": product_id(HOT)}
    gone = {**buy, "PRODUCT": sold_out_product(instance)}
    read = f"{READERS} connections, {SETTINGS['read']} read workers"
    return [
        Wrk("static list", url + "/files/bench/list.json",
            config=f"{READERS} connections, file of the list's bytes"),
        Wrk("list, micro-cache", url + "/api/mall/products", limit="static list", floor=0.75, cached=True,
            config=read + ", all copies"),
        Wrk("list, own copy", direct + "/api/mall/products", limit="static list", floor=0.24,
            config=read + ", micro-cache bypassed"),
        Wrk("sold out", url, script="exchange.lua", env=gone, limit="static list", floor=0.20, status="409",
            config=WRITE.replace(str(BUYERS), str(READERS), 1) + ", random users, one product"),
        Wrk("list, memcached", at["memcached"] + "/api/mall/products", limit="static list",
            config=read + ", micro-cache bypassed, copies slots=0"),
        Wrk("list, database", at["db"] + "/api/mall/products", limit="static list",
            config=read + ", micro-cache bypassed, copies slots=0, no memcached"),
        Wrk("static product", url + "/files/bench/product.json",
            config=f"{READERS} connections, file of the product's bytes"),
        Wrk("product, micro-cache", f"{url}/api/mall/products/{product_id(HOT)}", limit="static product",
            cached=True, config=read + ", one product, all copies"),
        Wrk("product, database", at["db"], script="products.lua", env=one, limit="static product",
            config=read + ", a random one of all, no copies"),
        Bare("bare one by one", instance, "one", config=f"{SETTINGS['write']} connections, prepared, random"),
        Bare("bare two trips", instance, "two", config=f"{SETTINGS['write']} connections, random"),
        Wrk("exchange", url, script="exchange.lua", env=buy, limit="bare two trips", floor=0.60,
            status="201", connections=BUYERS, config=WRITE + ", random users and products"),
        Bare("bare one by one, hot", instance, "one", hot=HOT,
             config=f"{SETTINGS['write']} connections, prepared, one product"),
        Bare("bare two trips, hot", instance, "two", hot=HOT,
             config=f"{SETTINGS['write']} connections, one product"),
        Wrk("exchange, hot", url, script="exchange.lua", env=hot, limit="bare two trips, hot", floor=0.60,
            status="201", connections=BUYERS, config=WRITE + ", random users, one product"),
    ]


def large_benches(small, large):
    """Exchanges in both shops, and the one held against the other."""
    ways = []
    for shop, suffix, also in ((small, "", None), (large, ", large", ("exchange", 0.80))):
        limit = "bare two trips" + suffix
        size = f"{shop.size.products:,} products, {shop.size.users:,} users, {shop.size.records:,} records"
        ways += [
            Bare(limit, shop, "two", config=f"{SETTINGS['write']} connections, random, {size}"),
            Wrk("exchange" + suffix, shop.env["URL"], script="exchange.lua", env=buyers(shop), limit=limit, floor=0.60,
                status="201", connections=BUYERS, config=WRITE + ", random users and products, " + size, also=also,
                shop=shop),
        ]
    return ways


def measure(bench, seconds):
    instance = bench.shop
    env = {**os.environ, **bench.env, "LOAD": str(HERE), "SEED": str(secrets.randbelow(1 << 31)),
           "RUN": secrets.token_hex(6), "BARE_PASSWORD": instance.password}
    if isinstance(bench, Wrk):
        instance.take_access_log()	# what was still under way when the run before ended
    groups = instance.groups()
    before = {g: sum(map(cpu_ticks, pids)) for g, pids in groups.items()}
    client = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(bench.command(seconds), env=env, stdout=subprocess.PIPE, text=True, timeout=seconds + 60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = {g: sum(map(cpu_ticks, pids)) - before[g] for g, pids in groups.items()}
    if done.returncode != 0:
        die(f"{bench.name}: {' '.join(bench.command(seconds))} ended with {done.returncode}")
    found = bench.result(done.stdout)
    found["per_second"] = found["requests"] / (found["duration_us"] / 1e6)
    n = max(found["requests"], 1)
    found["cpu_us"] = {g: t / TICKS * 1e6 / n for g, t in ticks.items()}
    found["cpu_us"]["client"] = (after.ru_utime + after.ru_stime - client.ru_utime - client.ru_stime) * 1e6 / n
    return found


def median(values):
    return statistics.median(values)


def hold(row, name, limit, floor, rounds):
    """The row with its ratio to a limit."""
    ratios = [r[name]["per_second"] / r[limit]["per_second"] for r in rounds]
    row = {**row, "limit": limit, "floor": floor, "ratios": ratios, "ratio": median(ratios)}
    if floor is not None:
        row["reached"] = row["ratio"] >= floor
    return row


def summarize(all_benches, rounds):
    rows = []
    for b in all_benches:
        runs = [r[b.name] for r in rounds]
        row = {
            "name": b.name, "config": b.config, "connections": b.connections, "limit": b.limit, "floor": b.floor,
            "per_second": median(r["per_second"] for r in runs),
            "p50_ms": median(r["p50_us"] for r in runs) / 1000, "p99_ms": median(r["p99_us"] for r in runs) / 1000,
            "cpu_us": {g: median(r["cpu_us"][g] for r in runs) for g in runs[0]["cpu_us"]},
            "requests": sum(r["requests"] for r in runs), "errors": sum(r["errors"] for r in runs),
            "wrong": dict(sum((collections.Counter(r["wrong"]) for r in runs), collections.Counter())),
        }
        if "cached" in runs[0]:
            row["cached"] = min(r["cached"] for r in runs)
        rows.append(row if b.limit is None else hold(row, b.name, b.limit, b.floor, rounds))
        if b.also is not None:
            rows.append(hold(row, b.name, *b.also, rounds))
    return rows


# ---- the table ----

GROUPS = ("nginx", "workers", "mariadbd", "memcached", "client")
COLUMNS = ("way", "requests/s", "p50 ms", "p99 ms", *(f"{g} µs" for g in GROUPS), "errors", "ratio", "of", "floor",
           "")
LEFT = (0, COLUMNS.index("of"))


def cells(row):
    ratio = f"{row['ratio']:.2f}" if "ratio" in row else "1"
    floor = f"{row['floor']:.2f}" if row["floor"] is not None else "–"
    mark = {True: "reached", False: "MISSED"}.get(row.get("reached"), "")
    return (row["name"], f"{row['per_second']:,.0f}", f"{row['p50_ms']:.1f}", f"{row['p99_ms']:.1f}",
            *(f"{row['cpu_us'][g]:.0f}" if row["cpu_us"][g] >= 0.5 else "–" for g in GROUPS), str(row["errors"]),
            ratio, row["limit"] or "–", floor, mark)


def table(report):
    """In Markdown, and aligned for a terminal."""
    lines = [COLUMNS, tuple("---" for _ in COLUMNS), *(cells(r) for r in report["rows"])]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    out = []
    for line in lines:
        padded = (c.ljust(w) if i in LEFT else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths)))
        out.append("| " + " | ".join(padded) + " |")
    out.append("")
    for row in {row["name"]: row for row in report["rows"]}.values():
        wrong = f"; other answers: {row['wrong']}" if row["wrong"] else ""
        hits = f"; {row['cached']:.2%} from the cache" if "cached" in row else ""
        out.append(f"- {row['name']}: {row['config']}{hits}{wrong}")
    out += ["- " + report["conditions"], "- " + report["verify"]]
    return "\n".join(out) + "\n"


def write_into(path, text, mark):
    """Between the two marks of a document."""
    document = pathlib.Path(path).read_text()
    marked = re.sub(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", lambda m: m.group(1) + text + m.group(2), document,
                    flags=re.S)
    pathlib.Path(path).write_text(marked)


def version(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = re.search(r"\d+\.\d+(\.\d+)?(-MariaDB)?", done.stdout)
    return found.group(0) if found else "?"


def conditions(seconds, load, more):
    return (f"{os.cpu_count()} cores shared with wrk (-t 1) and the bare client, Linux {platform.release()}, load "
            f"{load:.1f} at the beginning; nginx {version('nginx', '-v')} with one worker, HTTP/1.1 over TLS 1.3, "
            f"MariaDB {version('mariadbd', '--version')} with innodb_flush_log_at_trx_commit=1 and no binlog, "
            f"memcached {version('memcached', '-V')}; jobs stopped; {more}; {ROUNDS} rounds of {seconds} s each")


def options():
    p = argparse.ArgumentParser(prog="./staging bench",
                                description="Measures the mall against its limits; see docs/performance.md.")
    p.add_argument("--quick", action="store_true", help="one second each, nothing warmed up: about a minute")
    p.add_argument("--large", action="store_true", help="exchanges in a large shop and a small one; about ten minutes")
    p.add_argument("--json", action="store_true", help="the same for machines")
    p.add_argument("--write", metavar="FILE", help="put the table into docs/performance.md, between its marks")
    p.add_argument("--only", metavar="TEXT", action="append",
                   help="only the ways whose names have TEXT in them, and their limits")
    p.add_argument("--seconds", type=int, metavar="N", help="of each measurement (5; 1 with --quick)")
    p.add_argument("--dir", default=str(TOP / "var/bench"), help="the instance's directory")
    p.add_argument("--keep", action="store_true", help="leave the instance up (without its further pools)")
    return p.parse_args()


def chosen(all_benches, only):
    if not only:
        return all_benches
    names = {b.name for b in all_benches if any(text in b.name for text in only)}
    for b in all_benches:
        if b.name in names:
            names |= {b.limit} | ({b.also[0]} if b.also else set())
    names |= {b.limit for b in all_benches if b.name in names}
    return [b for b in all_benches if b.name in names]


def db_password(instance):
    conf = configparser.RawConfigParser(delimiters=("=",))
    conf.read_string(pathlib.Path(instance.env["CONF"]).read_text())
    return conf["db"]["password"]


def prepare(instances, args):
    """The ways that are measured, and what else is to be said of them."""
    if args.large:
        small, large = instances
        more = f"both databases with {', '.join(LARGE_DB)}; the large shop: {large.seeded}"
        return large_benches(small, large), more
    shop = instances[0]
    shop.add_variants()
    sizes = static_files(shop)
    ways = benches(shop)
    for b in ways:
        b.shop = shop
    return ways, (f"{shop.size.products:,} products and {shop.size.users:,} users; the list has {sizes['list']:,} bytes, "
                  f"a product {sizes['product']:,}")


def run(instances, args):
    seconds = min(args.seconds or (1 if args.quick else 5), 60)
    load = os.getloadavg()[0]
    all_ways, more = prepare(instances, args)
    ways = chosen(all_ways, args.only)
    if not args.quick:		# connections are made, statements prepared, caches filled
        for b in ways:
            measure(b, 1)
    rounds = []
    for n in range(1, ROUNDS + 1):
        say(f"round {n} of {ROUNDS}")
        rounds.append({b.name: measure(b, seconds) for b in ways})
    audits = [i.verify() for i in instances]
    verified = all(good for good, _ in audits)
    report = {"rows": summarize(ways, rounds), "conditions": conditions(seconds, load, more),
              "verify": "pointsmall verify: " + "; ".join(text for _, text in audits), "verified": verified}
    if args.json:
        json.dump(report, sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        print(table(report), end="")
    if args.write:
        write_into(args.write, table(report), "bench-large" if args.large else "bench")
    return verified and not any(r["errors"] for r in report["rows"])


def main():
    args = options()
    directory = pathlib.Path(args.dir)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with open(directory.parent / f".{directory.name}.bench-lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            die(f"another bench uses {directory}")
        instances = [Instance(directory, SMALL, LARGE_DB if args.large else ())]
        if args.large:
            instances.append(Instance(f"{directory}-large", LARGE, LARGE_DB))
        try:
            for instance in instances:
                instance.up()
            good = run(instances, args)
        finally:
            for instance in instances:
                instance.down(args.keep)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
