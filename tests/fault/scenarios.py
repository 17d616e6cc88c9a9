# SPDX-License-Identifier: Apache-2.0
"""What is done to a running mall while its clients go on. Each scenario is a class: the instance that it wants, and
spoil(), which is called while the load runs and bounded in time."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import quote, unquote_to_bytes

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "it")]

from failpoints import Board        # noqa: E402
from load import Market             # noqa: E402
from proxy import Proxy, Weather    # noqa: E402
from shop import new_id, Shop    # noqa: E402
from stack import BUILD, Stack, alive, wait_until      # noqa: E402

LIBFAKETIME = "/usr/lib/{}/faketime/libfaketime.so.1"
KEPT_TABLES = ("schema_migrations", "job_leases", "merchants", "product_categories")
MB = 1 << 20


class Instance:
    """A mall whose servers can be killed and come back as they were, over and over."""

    settings = ("limits.user_rate=0", "pool write.workers=24", "pool read.workers=2", "db.timeout_ms=1500",
                "db.connect_timeout_ms=500")
    db_options = ()

    def __init__(self, settings=(), db_options=()):
        self.stack = Stack(settings=list(self.settings) + list(settings), db_options=list(self.db_options) + list(db_options))
        self.board = Board(os.path.join(self.stack.base, "failpoints"))
        self.stack.extra_env["POINTSMALL_FAILPOINTS_FILE"] = self.board.path
        self.children = {}
        self.prepare()
        self.stack.up()
        self.shop = Shop(self.stack)
        self.points = self.stack.program("failpoints").stdout.split()
        self.commands = {name: self.command(name) for name in ("mariadb", "memcached", "serve", "jobs")}
        self.schemas = {"pointsmall": "", "pointsmall_points": "points"} if self.stack.apart else {"pointsmall": ""}

    @staticmethod
    def impossible():
        """Why it cannot be had here; None where it can."""
        return None

    def prepare(self):
        """Before it comes up."""

    def command(self, name):
        pid = self.stack.pid(name)
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            argv = f.read().rstrip(b"\0").split(b"\0")
        with open(f"/proc/{pid}/environ", "rb") as f:
            env = dict(e.split(b"=", 1) for e in f.read().split(b"\0") if b"=" in e)
        return argv, env

    # ---- its servers ----

    def kill(self, name, signo=signal.SIGKILL):
        pid = self.stack.pid(name)
        try:
            os.kill(pid, signo)
        except ProcessLookupError:
            pass
        wait_until(lambda: self.is_dead(name, pid), 40, f"the end of {name}")

    def is_dead(self, name, pid):
        if name in self.children:
            self.children[name].poll()
        return not alive(pid)

    def start(self, name):
        """Again, as it was started first. The leases of a jobs that died have run out."""
        argv, env = self.commands[name]
        if name == "jobs" and self.answers():
            self.stack.sql("UPDATE job_leases SET held_until = UTC_TIMESTAMP(3);"
                           "UPDATE sagas SET next_at = UTC_TIMESTAMP(3) WHERE held_by IS NOT NULL;")
        if name == "memcached" and os.path.exists(self.stack.env["MEMCACHED"]):
            os.unlink(self.stack.env["MEMCACHED"])
        with open(os.path.join(self.stack.dir, "log", name + ".log"), "ab") as log:
            child = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,   # pylint: disable=R1732
                                     start_new_session=True)
        self.children[name] = child
        with open(f"/proc/{child.pid}/stat", encoding="ascii", errors="replace") as f:
            started = f.read().rpartition(") ")[2].split()[19]
        for suffix, text in (("pid", child.pid), ("start", started)):
            with open(os.path.join(self.stack.dir, "run", f"{name}.{suffix}"), "w", encoding="ascii") as f:
                f.write(f"{text}\n")

    def answers(self):
        try:
            self.stack.sql("SELECT 1;")
            return True
        except AssertionError:
            return False

    def is_ready(self):
        try:
            return self.shop.http.get("/readyz", check=False).status == 200
        except OSError:
            return False

    def heal(self):
        """Whatever was done to it, all its servers are there again."""
        self.board.disarm()
        for name in ("mariadb", "memcached", "serve", "jobs"):
            pid = self.stack.pid(name)
            if self.is_dead(name, pid):
                self.start(name)
            if name == "mariadb":
                wait_until(self.answers, 60, "mariadbd")

    def quiet(self):
        """Nothing of before is under way: the workers have finished what they had, and so has the database."""
        self.heal()
        self.kill("serve", signal.SIGQUIT)
        self.start("serve")
        wait_until(self.is_ready, 30, "readiness")
        wait_until(lambda: self.stack.number("SELECT COUNT(*) FROM information_schema.innodb_trx") == 0, 30, "the database")

    def count(self, what, schemas):
        return sum(int(self.stack.raw(f"SELECT COUNT(*) FROM {what.format(schema)};")) for schema in schemas)

    def at_rest(self):
        """The events are delivered, and the sagas are over."""
        wait_until(lambda: self.count("`{}`.sagas WHERE state IN (0, 1)", ["pointsmall"]) == 0, 60, "the sagas")
        wait_until(lambda: self.count("`{}`.outbox WHERE state = 0", self.schemas) == 0, 40, "the events")

    def down(self):
        try:
            self.stack.down()
        finally:
            for child in self.children.values():
                child.poll()

    # ---- its shop ----

    def wipe(self):
        """A mall without users, products and history."""
        schemas = ", ".join(f"'{s}'" for s in self.schemas)
        tables = self.stack.sql("SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
                                f"AND table_schema IN ({schemas})")
        self.stack.raw("START TRANSACTION;\n" + "".join(f"DELETE FROM `{s}`.`{t}`;\n" for s, t in tables
                                                        if t not in KEPT_TABLES) + "COMMIT;")

    def market(self, history, seed, options=()):
        """A few users who want the same few things."""
        self.wipe()
        m = Market(self.stack, history, seed, options)
        users = {}
        for points in (300, 300, 5000, 5000, 60000, 60000):
            u = self.shop.user(points)
            users[u.id] = points
            m.users[u.id] = self.token(u.id, "user")
        for price, stock, limit in ((15, 12, None), (40, 60, None), (90, 80, 5), (130, 3000, None)):
            extra = {"purchase_limit": limit} if limit else {}
            product = self.shop.product(stock=stock, price=price, **extra)
            m.products[product] = {"stock": stock, "price": price, "limit": limit}
        operator = new_id("b")
        m.admin = (operator, self.token(operator, "admin"))
        history.write(ev="setup", users=users, products=m.products)
        return m

    def token(self, who, role):
        """Good for a long time before and after now: clocks will jump."""
        now = int(time.time())
        return self.shop.token(who, role=role, iat=now - 864000, nbf=now - 864000, exp=now + 864000)


class Scenario:
    """The plain one: nothing is done."""

    instance = Instance
    options = ()
    seconds = 4

    def __init__(self, instance, market, seed):
        self.i, self.m, self.seed, self.rng = instance, market, seed, random.Random(seed)
        self.until = time.monotonic() + self.seconds
        self.notes = {}

    def pause(self, least=0.1, most=0.6):
        time.sleep(least + self.rng.random() * (most - least))

    def on(self):
        return time.monotonic() < self.until

    def spoil(self):
        while self.on():
            self.pause()

    def mend(self):
        """Takes back what heal() does not know of."""


# ---- the program ----

class Points(Scenario):
    """Every failpoint, one after the other: each that the load comes by must fire."""

    action = "error*2"
    patience_s = 3
    lives = 1000        # points until the workers are all new
    budget_s = None     # of time, for the many; None: until each has had its turn
    surely = {f"{name}.{when}" for when in ("before", "after") for name in (
        "db.batch", "db.commit", "db.rollback", "cache.get", "cache.set", "cache.add", "reply", "db.ONCE_PROBE",
        "db.ONCE_CLAIM", "db.ONCE_ANSWER", "db.EXCHANGE_HOLD", "db.INVENTORY_RESERVE", "db.INVENTORY_RECORD", "db.POINTS_TAKE",
        "db.POINTS_RECORD", "db.POINTS_GIVE_BACK", "db.ORDER_MOVE")}

    def learn(self):
        """Which points the load comes by: both as whole batches and one statement at a time. The others, as of a process's
        beginning, are seldom met or never."""
        self.i.board.forget()
        for text in ("", "batch=split"):
            self.i.board.arm(text, self.seed)
            time.sleep(1.5)
        often = [p for p, n in self.i.board.met(self.i.points).items() if n >= 8]
        self.rng.shuffle(often)
        return often

    def spoil(self):
        often, begun, fired, missed = self.learn(), time.monotonic(), [], []
        assert self.surely <= set(often), f"the load does not come by {sorted(self.surely - set(often))}"
        for n, point in enumerate(often, 1):
            if self.budget_s is not None and time.monotonic() - begun > self.budget_s:
                break
            (fired if self.try_one(point) else missed).append(point)
            self.keep_going(n)
        self.begin_anew()
        met = self.i.board.met(self.i.points)
        seldom = self.try_rest([p for p in met if p not in often])
        seldom += [p for p in missed if self.try_anew(p)]
        missed = sorted(set(missed) - set(seldom))
        self.notes = {"fired": fired, "seldom": seldom, "not again": missed, "never met": sorted(set(self.i.points) - set(met))}
        self.i.board.disarm()
        assert not self.surely & set(missed), f"met, and does not fire: {missed}"

    def arm(self, points, split):
        self.i.board.arm(";".join([f"{p}={self.action}" for p in points] + ["batch=split"] * split), self.seed)

    def try_one(self, point):
        self.arm([point], point[3].isupper() or (not point.startswith("db.batch") and self.rng.random() < 0.3))
        return self.fires(self.patience_s)

    def fires(self, seconds):
        until = time.monotonic() + seconds
        while not self.i.board.fired():
            if time.monotonic() > until:
                return False
            self.jobs_go_on()
            time.sleep(0.005)
        return True

    def try_anew(self, point):
        """By processes that have no failure behind them, after which jobs would wait longer each time, and no copies."""
        self.arm([point], True)
        self.i.kill("memcached")
        self.i.start("memcached")
        self.begin_anew()
        return self.fires(2 * self.patience_s)

    def try_rest(self, points):
        """Many at once, while all processes begin anew."""
        fired = []
        for at in range(0, len(points), 60):
            some = points[at:at + 60]
            self.arm(some, True)
            self.begin_anew()
            self.pause(0.4, 0.5)
            fired += [p for n, p in enumerate(some) if self.i.board.fired(n)]
        return fired

    def begin_anew(self):
        for name in ("serve", "jobs"):
            if not self.i.is_dead(name, self.i.stack.pid(name)):
                self.i.kill(name, signal.SIGTERM)
            self.i.start(name)
        self.pause(0.1, 0.2)
        for name in ("serve", "jobs"):
            if self.i.is_dead(name, self.i.stack.pid(name)):
                self.i.start(name)

    def jobs_go_on(self):
        if self.i.is_dead("jobs", self.i.stack.pid("jobs")):
            self.i.start("jobs")

    def keep_going(self, n):
        self.jobs_go_on()
        if n % self.lives == 0:     # those who die young are replaced ever more slowly
            self.i.kill("serve", signal.SIGTERM)
            self.i.start("serve")


class PointsExit(Points):
    """A worker (or jobs) ends at once, as by SIGKILL."""
    action = "exit*1"
    lives = 12


class PointsError(Points):
    """The connection is lost before, or the answer after. Each seed has its own half of the points."""
    budget_s = 15


class PointsDelay(Points):
    """It takes longer, so that others come in between. Each seed has its own half of the points."""
    budget_s = 15
    action = "delay:60ms*6"


class WorkersKilled(Scenario):
    """From outside, at any moment."""

    def spoil(self):
        n = 0
        while self.on():
            workers = self.i.stack.workers()
            if len(workers) > 8:
                try:
                    os.kill(self.rng.choice(workers), signal.SIGKILL)
                    n += 1
                except ProcessLookupError:
                    pass
            self.pause(0.02, 0.25)
        self.notes = {"kills": n}


# ---- the database ----

class DatabaseKilled(Scenario):
    seconds = 6

    def spoil(self):
        n = 0
        while self.on():
            self.pause(0.8, 1.8)
            self.i.kill("mariadb")
            self.pause(0.0, 0.5)
            self.i.start("mariadb")
            wait_until(self.i.answers, 60, "mariadbd")
            n += 1
        self.notes = {"kills": n}


class ConnectionsExhausted(Scenario):
    """The server has no connection left for those that come now; some that were there are ended."""
    seconds = 5

    def spoil(self):
        n, refused = 0, self.refused()
        with self.i.stack.session() as s:       # a new one could not be had either
            while self.on():
                s.run(f"SET GLOBAL max_connections = {self.rng.randint(10, 14)};")
                ids = s.run("SELECT id FROM information_schema.processlist WHERE user = 'pointsmall';")
                for i in self.rng.sample(ids, len(ids) * 3 // 4):
                    s.run(f"KILL {i};")         # it may have gone meanwhile
                    n += 1
                self.pause(0.5, 1.5)
                s.run("SET GLOBAL max_connections = 300;")
                self.pause(0.2, 0.5)
        self.notes = {"kills": n, "refused": self.refused() - refused}

    def refused(self):
        return self.i.stack.log("serve").count("Too many connections")


class ProxyInstance(Instance):
    """The program knows its database by the proxy's socket alone; both, where the points live apart."""

    def __init__(self):
        super().__init__()
        if self.stack.apart:
            self.points_too()

    def points_too(self):
        with open(self.stack.env["CONF"], "r+", encoding="utf-8") as f:
            text = f.read()
            server = quote(os.path.join(os.path.realpath(os.path.join(self.stack.dir, "run")), "mysql.sock"))
            assert text.count(f"@{server}?") == 1, "where are the points?"
            f.seek(0)
            f.write(text.replace(f"@{server}?", f"@{quote(self.proxy.path)}?"))
            f.truncate()
        for name in ("serve", "jobs"):
            self.kill(name, signal.SIGTERM)
            self.start(name)
        wait_until(self.is_ready, 30, "readiness")

    def prepare(self):
        path, server = os.path.join(self.stack.base, "db.sock"), os.path.join(self.stack.dir, "run", "mysql.sock")
        self.proxy = Proxy(self.stack.dir, path, server)
        self.stack.options.append(f"--set=db.socket={path}")

    def heal(self):
        self.proxy.cut = None
        super().heal()

    def down(self):
        try:
            super().down()
        finally:
            self.proxy.close()


class CommitLost(Scenario):
    """COMMIT is carried out, and nobody hears of it."""
    instance = ProxyInstance
    rates = {"commit": 0.25}

    def spoil(self):
        self.i.proxy.cut = weather = Weather(self.seed, self.rates)
        super().spoil()
        self.i.proxy.cut = None
        self.notes = dict(weather.happened)
        assert not self.i.proxy.errors, self.i.proxy.errors


class LineSpoiled(CommitLost):
    """Delays, silence, breaks and half answers between workers and database."""
    seconds = 6
    rates = {"delay": 0.03, "blackhole": 0.004, "reset": 0.02, "cut": 0.02, "commit": 0.06}


# ---- the copies ----

class CacheKilled(Scenario):
    def spoil(self):
        n = 0
        while self.on():
            self.i.kill("memcached")
            self.pause(0.1, 0.8)
            self.i.start("memcached")
            self.pause(0.2, 0.8)
            n += 1
        self.notes = {"kills": n}


class CacheFrozen(Scenario):
    def spoil(self):
        n = 0
        while self.on():
            os.kill(self.i.stack.pid("memcached"), signal.SIGSTOP)
            self.pause(0.2, 1.0)
            self.mend()
            self.pause(0.1, 0.6)
            n += 1
        self.notes = {"freezes": n}

    def mend(self):
        os.kill(self.i.stack.pid("memcached"), signal.SIGCONT)


class CacheStale(Scenario):
    """All that was in memcached at one moment is put back, again and again, over what is there."""

    def spoil(self):
        n, old = 0, {}
        while self.on():
            old.update(self.i_cache().snapshot())
            self.pause(0.3, 0.8)
            n += self.i_cache().fill(old)
        self.notes = {"set again": n}

    def i_cache(self):
        return Memcached(self.i.stack.env["MEMCACHED"])


class Memcached:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(path)
        self.f = self.s.makefile("rwb")

    def ask(self, line, end):
        self.f.write(line + b"\r\n")
        self.f.flush()
        out = []
        while (got := self.f.readline().rstrip(b"\r\n")) != end:
            if not got and not out:
                break
            out.append(got)
        return out

    def snapshot(self):
        out = {}
        for line in self.ask(b"lru_crawler metadump all", b"END"):
            words = dict(w.split(b"=", 1) for w in line.split() if b"=" in w)
            if b"key" not in words:
                continue
            key = words[b"key"]                 # as it is told: %-encoded
            self.f.write(b"get " + unquote_to_bytes(key) + b"\r\n")
            self.f.flush()
            head = self.f.readline().split()
            if head[:1] == [b"VALUE"]:
                out[unquote_to_bytes(key)] = (head[2], self.f.read(int(head[3]) + 2)[:-2])
                self.f.readline()
        self.s.close()
        return out

    def fill(self, values):
        for key, (flags, value) in values.items():
            self.f.write(b"set %s %s 60 %d\r\n%s\r\n" % (key, flags, len(value), value))
            self.f.flush()
            self.f.readline()
        self.s.close()
        return len(values)


# ---- the rest of the world ----

class ClientGone(Scenario):
    """It does not wait for its answer."""

    def spoil(self):
        self.m.gone = 0.3
        super().spoil()
        self.m.gone = 0.0


class ClockInstance(Instance):
    """The workers' wall clock is what a file says; the servers' and jobs' is the machine's."""

    def prepare(self):
        self.offset_file = os.path.join(self.stack.base, "clock")
        self.set_clock(0)
        libs = [p for a in os.listdir("/usr/lib") if os.path.exists(p := LIBFAKETIME.format(a))]
        if not libs:
            raise AssertionError("libfaketime is not there (Debian: apt-get install libfaketime)")
        shim = os.path.join(self.stack.base, "build")
        os.mkdir(shim)
        with open(os.path.join(shim, "pointsmall"), "w", encoding="utf-8") as f:
            f.write(f"""#!/bin/sh
for word; do :; done
if [ "$word" = serve ]; then
\texport LD_PRELOAD={libs[0]} FAKETIME_TIMESTAMP_FILE={self.offset_file} FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
fi
exec {BUILD}/pointsmall "$@"
""")
            os.fchmod(f.fileno(), 0o755)
        self.stack.build = shim

    def set_clock(self, seconds):
        with open(self.offset_file + ".new", "w", encoding="ascii") as f:
            f.write(f"{seconds:+d}")
        os.chmod(self.offset_file + ".new", 0o644)
        os.rename(self.offset_file + ".new", self.offset_file)

    def heal(self):
        self.set_clock(0)
        super().heal()

    def at_rest(self):
        """What was written by a clock that is ahead is due when that time has come; it comes now."""
        for schema in self.schemas:
            self.stack.raw(f"UPDATE `{schema}`.outbox SET next_at = UTC_TIMESTAMP(3) WHERE state = 0 AND "
                           "next_at > UTC_TIMESTAMP(3);")
        self.stack.raw("UPDATE pointsmall.sagas SET next_at = UTC_TIMESTAMP(3) WHERE state IN (0, 1) AND "
                       "next_at > UTC_TIMESTAMP(3);")
        super().at_rest()


class ClockJumping(Scenario):
    """Forward and back, by up to half a day: keys are kept for a whole one."""
    instance = ClockInstance

    def spoil(self):
        jumps = []
        while self.on():
            jumps.append(self.rng.choice([-43000, -3600, -61, -2, 0, 2, 59, 3600, 43000]))
            self.i.set_clock(jumps[-1])
            self.pause(0.1, 0.7)
        self.i.set_clock(0)
        self.notes = {"jumps": jumps}


class DiskInstance(Instance):
    """The database's data lie in a file system of their own, of little room."""
    megabytes = 260
    db_options = ("innodb-log-file-size=8M", "innodb-data-file-path=ibdata1:12M:autoextend", "aria-log-file-size=8M")

    @staticmethod
    def impossible():
        return None if os.getuid() == 0 else "only root may mount a file system of little room"

    def prepare(self):
        self.volume = os.path.join(self.stack.base, "volume")
        os.mkdir(self.volume)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m,mode=755", "tmpfs", self.volume], check=True)
        os.mkdir(self.stack.dir)
        os.mkdir(os.path.join(self.volume, "db"))
        if os.getuid() == 0:
            shutil.chown(os.path.join(self.volume, "db"), "nobody", "nogroup")
        os.symlink(os.path.join(self.volume, "db"), os.path.join(self.stack.dir, "db"))

    def down(self):
        try:
            super().down()
        finally:
            subprocess.run(["umount", self.volume], check=True)
            shutil.rmtree(self.stack.base, ignore_errors=True)

    def fill(self, left):
        """Leaves so many bytes, or what there is."""
        free = os.statvfs(self.volume).f_bavail * 4096 - left
        if free > 0:
            fd = os.open(os.path.join(self.volume, "filler"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            try:
                while free > 0:
                    free -= os.write(fd, b"\0" * min(free, MB))
            except OSError:
                pass
            os.close(fd)

    def empty(self):
        if os.path.exists(os.path.join(self.volume, "filler")):
            os.unlink(os.path.join(self.volume, "filler"))

    def heal(self):
        self.empty()
        super().heal()


class DiskFull(Scenario):
    """No file of the database can grow; every table is made to want to."""
    instance = DiskInstance
    seconds = 6

    def spoil(self):
        while self.on():
            self.i.fill(self.rng.choice([0, 0, 65536]))
            self.pause(0.6, 1.5)
            self.i.empty()
            self.pause(0.2, 0.5)
        log = self.i.stack.log("mariadb") + self.i.stack.log("serve")
        self.notes = {"told of it": sum(log.count(t) for t in ("No space left", "is full", "errno: 28"))}


def shorten():
    """For a run that every change waits for."""
    for scenario in SCENARIOS.values():
        scenario.budget_s = 10
        scenario.seconds = min(scenario.seconds, 2.5)


SCENARIOS = {
    "nothing": Scenario,
    "points-exit": PointsExit,
    "points-error": PointsError,
    "points-delay": PointsDelay,
    "workers-killed": WorkersKilled,
    "database-killed": DatabaseKilled,
    "commit-lost": CommitLost,
    "line-spoiled": LineSpoiled,
    "connections-exhausted": ConnectionsExhausted,
    "cache-killed": CacheKilled,
    "cache-frozen": CacheFrozen,
    "cache-stale": CacheStale,
    "client-gone": ClientGone,
    "clock-jumping": ClockJumping,
    "disk-full": DiskFull,
}
