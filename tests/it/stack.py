# SPDX-License-Identifier: Apache-2.0
"""An instance of the whole mall for tests, run by ./staging in a directory of its own; and a look behind its back."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SANITIZED = os.environ.get("STAGING_SANITIZE") or os.environ.get("PM_SANITIZE")
BUILD = os.path.abspath(os.environ.get("PM_BUILD") or os.environ.get("STAGING_BUILD") or
                        os.path.join(ROOT, "var", "build-san" if SANITIZED else "build"))
# PM_POINTS=apart: the points live in a database of their own.
APART = os.environ.get("PM_POINTS") == "apart"
# A sanitized program takes several times as long.
PATIENCE = 3 if SANITIZED else 1


def wait_until(ask, seconds=15, what="it"):
    """Asks until the answer is true, and gives it back."""
    until = time.monotonic() + seconds * PATIENCE
    while True:
        got = ask()
        if got:
            return got
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {seconds * PATIENCE} s")
        time.sleep(0.02)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Stack:
    def __init__(self, settings=(), db_options=(), env=None, apart=APART):
        # Under /tmp and open to all: as root the servers run as nobody.
        self.base = tempfile.mkdtemp(prefix="pm-it-")
        os.chmod(self.base, 0o755)
        self.dir = os.path.join(self.base, "i")
        self.options = [f"--set={s}" for s in settings] + [f"--db-option={o}" for o in db_options]
        self.apart = apart
        self.options += ["--points-apart"] if apart else []
        self.extra_env = dict(env or {})
        self.build = BUILD
        self.env = {}

    # ---- its life ----

    def staging(self, *args, check=True, options=()):
        command = [os.path.join(ROOT, "staging"), "--no-install", "--no-build", "--dir", self.dir, "--build", self.build,
                   "--port", "0"]
        for option in options:
            command += option.split("=", 1)
        if SANITIZED:
            command.append("--sanitize")
        with tempfile.TemporaryFile() as out:     # a pipe would stay open in the servers
            status = subprocess.run(command + list(args), stdout=out, stderr=subprocess.STDOUT, check=False,
                                    stdin=subprocess.DEVNULL, env=dict(os.environ, **self.extra_env),
                                    timeout=180 * PATIENCE).returncode
            out.seek(0)
            text = out.read().decode()
        if check and status != 0:
            raise AssertionError(f"staging {' '.join(args)}: {status}\n{text}")
        return text

    def up(self):
        self.staging("up", options=self.options)
        self.read_env()
        return self

    def read_env(self):
        self.env = dict(line.split("=", 1) for line in self.staging("env").splitlines() if "=" in line)

    def down(self):
        """Stops it and says what the sanitizers found, if anything."""
        try:
            self.staging("down")
        finally:
            if not os.environ.get("PM_KEEP"):
                real = os.path.realpath(self.dir)
                shutil.rmtree(real, ignore_errors=True)
                shutil.rmtree(self.base, ignore_errors=True)

    # ---- its processes ----

    def pid(self, name):
        with open(os.path.join(self.dir, "run", name + ".pid"), encoding="ascii") as f:
            return int(f.read())

    def kill(self, name, signo):
        os.kill(self.pid(name), signo)

    def workers(self, name="serve"):
        pid = self.pid(name)
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(p) for p in f.read().split()]

    def log(self, name):
        with open(os.path.join(self.dir, "log", name + ".log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self, name, signo=signal.SIGTERM):
        """Ends one server; up() starts it again."""
        pid = self.pid(name)
        os.kill(pid, signo)
        wait_until(lambda: not alive(pid), 60, f"the end of {name}")

    def reload(self):
        """All workers anew, with the settings as they stand in the file now."""
        before = self.log("serve").count("reloaded: every worker was replaced")
        self.staging("reload")
        wait_until(lambda: self.log("serve").count("reloaded: every worker was replaced") > before, 60, "the reload")

    # ---- its settings ----

    def setting(self, section, key):
        current = None
        with open(self.env["CONF"], encoding="utf-8") as f:
            for line in f:
                line = line.strip()
                if line.startswith("["):
                    current = line[1:-1]
                elif current == section and line.partition("=")[0].strip() == key:
                    return line.partition("=")[2].strip()
        raise KeyError(f"[{section}] {key}")

    def conf_with(self, changes, name="other.conf"):
        """A copy of its settings with {(section, key): value or None}, beside it; its path."""
        with open(self.env["CONF"], encoding="utf-8") as f:
            lines = f.read().splitlines()
        changes = dict(changes)
        out, current = [], None
        for line in lines:
            if line.startswith("["):
                current = line[1:-1]
            key = (current, line.partition("=")[0].strip())
            if key not in changes:
                out.append(line)
            elif (value := changes.pop(key)) is not None:
                out.append(f"{key[1]} = {value}")
        for (section, key), value in changes.items():
            at = out.index(f"[{section}]")
            out.insert(at + 1, f"{key} = {value}")
        path = os.path.join(self.base, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(out) + "\n")
        os.chmod(path, 0o644)
        return path

    def program(self, *args, conf=None, check=True, timeout=60):
        done = subprocess.run([self.env["PROGRAM"], "-c", conf or self.env["CONF"], *args], capture_output=True,
                              text=True, check=False, timeout=timeout * PATIENCE, stdin=subprocess.DEVNULL,
                              env=dict(os.environ, **self.extra_env))
        if check and done.returncode != 0:
            raise AssertionError(f"pointsmall {' '.join(args)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def verify(self):
        """The program's own audit of every invariant."""
        self.program("verify")

    # ---- its database ----

    def mariadb_command(self, *more):
        return ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--socket=" + self.env["DB_SOCKET"],
                "--user=" + _me(), "--default-character-set=utf8mb4", "pointsmall", *more]

    def raw(self, text, *options):
        """Runs statements; what the client prints of the results."""
        done = subprocess.run(self.mariadb_command(*options), input=text, capture_output=True, text=True, check=False,
                              timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"{text}\n{done.stderr}")
        return done.stdout

    def sql(self, text):
        """The rows of the results, as lists of text (NULL: None)."""
        return [[None if cell == "NULL" else cell for cell in line.split("\t")]
                for line in self.raw(self.placed(text)).splitlines()]

    def placed(self, text):
        """The same statement, of the points where they are."""
        if not self.apart:
            return text
        text = re.sub(r"(?<![.\w])(points_records|points_lots|points_sources)\b", r"pointsmall_points.\1", text)
        parts = re.split(r"(;)", text)
        return "".join(self.placed_one(part) for part in parts)

    @staticmethod
    def placed_one(part):
        if re.search(r"points_(balance|debt|seq|earned|spent|out)\b|pointsmall_points\.", part):
            part = re.sub(r"\b(FROM|JOIN|UPDATE|INTO) users\b", r"\1 pointsmall_points.users", part)
        if re.search(r"'points\.", part):
            part = re.sub(r"\b(FROM|JOIN|UPDATE|INTO) outbox\b", r"\1 pointsmall_points.outbox", part)
        return part

    def one(self, text):
        rows = self.sql(text)
        return rows[0][0] if rows else None

    def number(self, text):
        return int(self.one(text))

    def session(self):
        return Session(self)


class Session:
    """A connection to the database that stays open: it can hold locks. Ends with the with."""

    def __init__(self, stack):
        self.stack = stack
        self.p = subprocess.Popen(stack.mariadb_command("--unbuffered", "--force"), stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.n = 0
        self.id = int(self.run("SELECT CONNECTION_ID();")[0])

    def send(self, text):
        """Sends without waiting for the result."""
        self.n += 1
        text = self.stack.placed(text)
        self.p.stdin.write(f"{text}\nSELECT 'done-{self.n}';\n")
        self.p.stdin.flush()

    def result(self):
        lines = []
        while (line := self.p.stdout.readline().rstrip("\n")) != f"done-{self.n}":
            if not line and self.p.poll() is not None:
                raise AssertionError("the session ended: " + "\n".join(lines))
            lines.append(line)
        return lines

    def run(self, text):
        self.send(text)
        return self.result()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.stdin.close()
        self.p.wait(timeout=10)
        self.p.stdout.close()


def _me():
    return pwd.getpwuid(os.getuid()).pw_name


def waiters(stack, like):
    """The ids of the program's connections that are in a statement like this one."""
    rows = stack.sql("SELECT id FROM information_schema.processlist WHERE user = 'pointsmall' AND command <> 'Sleep' "
                     f"AND info LIKE '%{like}%'")
    return [int(row[0]) for row in rows]


def is_id(text):
    return re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", text) is not None
