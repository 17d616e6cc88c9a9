# SPDX-License-Identifier: Apache-2.0
"""pointsmall import: what exists comes in, once, whole, or not at all."""

import os
import re
import signal
import subprocess
import time

import pytest

from conftest import running
from shop import new_id
from stack import APART, wait_until

ACCOUNTS = "openid,unionid,nickname,balance,created_at\n"
RECORDS = "record_id,openid,type,points,description,related_id,created_at\n"
DATA_ERROR, USAGE = 65, 64
T = "2024-05-01T10:00:{:02d}+08:00"


@pytest.fixture(scope="module")
def old():
    """An instance of its own: what a killed import left would be everybody's."""
    yield from running(apart=False)


class Files:
    """CSV files with one account after another, each with records that add up."""

    def __init__(self, shop, tmp_path):
        self.shop = shop
        self.dir = tmp_path
        self.accounts, self.records = [], []

    def account(self, *points, openid=None, balance=None, nickname="旧友", unionid=""):
        openid = openid or "old-" + new_id()
        self.accounts.append(f"{openid},{unionid},{nickname},{sum(points) if balance is None else balance},{T.format(0)}")
        for k, p in enumerate(points):
            kind = "payment_reward" if p > 0 else "expire"
            self.records.append(f"{openid}-{k},{openid},{kind},{p},\"支付, 奖励\",,{T.format(k)}")
        return openid

    def write(self, name, head, lines):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(head + "".join(line + "\n" for line in lines))
        return path

    def paths(self):
        return [self.write("accounts.csv", ACCOUNTS, self.accounts), self.write("records.csv", RECORDS, self.records)]

    def run(self, *paths):
        return self.shop.stack.program("import", *(paths or self.paths()), check=False)

    def ok(self, *paths):
        done = self.run(*paths)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()[-1]

    def refused(self, *expected):
        """Nothing came in, and each of these lines was named, no other."""
        before = everything(self.shop)
        done = self.run()
        assert done.returncode == DATA_ERROR, done.stdout + done.stderr
        told = [os.path.basename(line.split(": ")[0]) + ": " + ": ".join(line.split(": ")[1:])
                for line in done.stderr.splitlines()[:-1]]
        assert len(told) == len(expected), told
        for line, (where, word) in zip(sorted(told), sorted(expected)):
            assert line.startswith(where + ": ") and word in line, (line, where, word)
        assert everything(self.shop) == before
        assert staged(self.shop) == 0


@pytest.fixture
def files(old, tmp_path):
    return Files(old, tmp_path)


def everything(shop):
    return [shop.stack.sql(f"SELECT COUNT(*) FROM {t}") for t in ("users", "points_records", "points_sources", "outbox")]


def staged(shop):
    return shop.stack.number("SELECT (SELECT COUNT(*) FROM import_accounts) + (SELECT COUNT(*) FROM import_records)")


def user(shop, openid):
    rows = shop.stack.sql("SELECT id, points_balance, points_seq, points_earned, points_out, nickname, unionid, created_at "
                          f"FROM users WHERE openid = '{openid}'")
    return rows[0] if rows else None


def records(shop, user_id):
    return shop.stack.sql("SELECT seq, type, points, balance_after, description, created_at FROM points_records "
                          f"WHERE user_id = '{user_id}' ORDER BY seq")


def test_accounts_come_in(old, files):
    a, b = files.account(100, 50, -30, unionid="un-1"), files.account(nickname="")
    assert files.ok() == "2 accounts with 120 points came in, 0 were there already"
    i, balance, seq, earned, out, nickname, unionid, created = user(old, a)
    assert (balance, seq, earned, out, nickname, unionid) == ("120", "3", "150", "30", "旧友", "un-1")
    assert created.startswith("2024-05-01 02:00:00")
    assert records(old, i) == [
        ["1", "payment_reward", "100", "100", "支付, 奖励", "2024-05-01 02:00:00.000"],
        ["2", "payment_reward", "50", "150", "支付, 奖励", "2024-05-01 02:00:01.000"],
        ["3", "expire", "-30", "120", "支付, 奖励", "2024-05-01 02:00:02.000"]]
    assert user(old, b)[1:3] == ["0", "0"]
    assert staged(old) == 0
    # Whoever comes in by WeChat finds it.
    token = old.token(i)
    assert old.http.get("/api/points/balance", token).json == {
        "balance": 120, "held": 0, "debt": 0, "totalEarned": 150, "totalSpent": 0, "expiring": []}
    page = old.http.get("/api/points/records", token).json["items"]
    assert [r["points"] for r in page] == [-30, 50, 100]
    assert old.http.post("/api/mall/exchange", {"productId": old.product(price=120), "quantity": 1, "deliveryInfo": {
        "receiverName": "王", "receiverPhone": "13800138000", "address": "北京"}}, token).status == 201
    old.stack.verify()


def test_again_and_again(old, files):
    openids = [files.account(10, 20) for _ in range(3)]
    assert files.ok().startswith("3 accounts")
    before = everything(old)
    assert files.ok() == "0 accounts with 0 points came in, 3 were there already"
    more = files.account(7)
    assert files.ok() == "1 accounts with 7 points came in, 3 were there already"
    assert everything(old) != before
    # They were used meanwhile: an import is of the past.
    i = user(old, openids[0])[0]
    assert old.admin().post(f"/users/{i}/points", {"points": 5, "description": "x"}).status == 200
    assert files.ok() == "0 accounts with 0 points came in, 4 were there already"
    assert user(old, openids[0])[1] == "35" and user(old, more)[1] == "7"
    old.stack.verify()


def test_records_are_numbered_by_their_time(old, files):
    openid = "old-" + new_id()
    files.account(openid=openid, balance=60)
    for k, p in ((2, -40), (0, 90), (1, 10)):
        files.records.append(f"{openid}-{k},{openid},adjust,{p},x,rel-{k},{T.format(k)}")
    files.ok()
    got = records(old, user(old, openid)[0])
    assert [(r[2], r[3]) for r in got] == [("90", "90"), ("10", "100"), ("-40", "60")]


def test_a_user_who_has_logged_in_already(old, files):
    """No points of our own yet: the account is theirs. The name stays as they set it."""
    openid, i = "old-" + new_id(), new_id("9")
    old.stack.sql(f"INSERT INTO users (id, openid, nickname, created_at) VALUES ('{i}', '{openid}', '新名', UTC_TIMESTAMP(3))")
    files.account(40, openid=openid, unionid="un-2")
    files.ok()
    assert user(old, openid)[:7] == [i, "40", "1", "40", "0", "新名", "un-2"]
    old.stack.verify()


def test_each_bad_line_is_named(files):
    a = files.account(5)
    files.accounts += ["", "x", f"y,,n,1.5,{T.format(0)}", f"z,,n,-1,{T.format(0)}", "w,,n,0,yesterday",
                       f"{'長' * 30},,n,0,{T.format(0)}", '"v"",,n,0']
    files.records += [f"r1,{a},mall_exchange,-1,x,,{T.format(1)}", f"r2,{a},adjust,0,x,,{T.format(1)}",
                      f",{a},adjust,5,x,,{T.format(1)}", f"r4,{a},adjust,05,,,{T.format(1)}"]
    files.refused(
        ("accounts.csv:4", "as many cells"), ("accounts.csv:5", "balance"), ("accounts.csv:6", "balance"),
        ("accounts.csv:7", "created_at"), ("accounts.csv:8", "64 bytes"), ("accounts.csv:9", "quote"),
        ("records.csv:3", "type"), ("records.csv:4", "points"), ("records.csv:5", "record_id"), ("records.csv:6", "points"),
        ("records.csv:6", "description"))


def test_times_that_the_database_cannot_keep(files):
    """The epoch is no time, an offset can lead out of the calendar, and nothing comes from the future."""
    a = files.account(5)
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2 * 86400))
    for k, t in enumerate(("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.0009Z", "9999-12-31T23:59:59-12:00", soon,
                           "0001-01-01T00:00:00+12:00")):
        files.accounts.append(f"when-{k},,n,0,{t}")
        files.records.append(f"when-{k},{a},adjust,5,x,,{t}")
    word = {0: "after 1970", 1: "after 1970", 2: "in the future", 3: "in the future", 4: "after 1970"}
    files.refused(*((f"{name}:{3 + k}", f"created_at: must {'not be ' if 'future' in w else 'be '}{w}")
                    for name in ("accounts.csv", "records.csv") for k, w in word.items()))


def test_times_at_the_edge(old, files):
    openid = files.account(5)
    files.accounts[0] = files.accounts[0].replace(T.format(0), "1970-01-01T08:00:01+08:00")
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 43200))
    files.records[0] = files.records[0].replace(T.format(0), soon)
    files.ok()
    assert user(old, openid)[7].startswith("1970-01-01 00:00:01")


def test_points_have_the_sign_of_their_type(files):
    a = files.account(50)
    for k, (kind, points) in enumerate((("payment_reward", -1), ("payment_refund", 1), ("debt_settlement", 1), ("expire", 1))):
        files.records.append(f"sign-{k},{a},{kind},{points},x,,{T.format(k + 1)}")
    files.refused(("records.csv:3", "points: must be positive"),
                  *((f"records.csv:{n}", "points: must be negative") for n in (4, 5, 6)))


def test_sums_that_no_account_can_keep(files):
    """Each amount is allowed, and the balance is; what comes and goes in all is beyond 64 bits."""
    files.account(*[10 ** 15, -10 ** 15] * 9300)
    files.records = [re.sub(r"T10:00:\d+", f"T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}", line)
                     for n, line in enumerate(files.records)]
    files.refused(("accounts.csv:2", "bring 9300000000000000000 and take 9300000000000000000 points in all: too many"))


def test_one_unionid_of_two_openids(old, files):
    a, b = (files.account(5, unionid="un-both") for _ in range(2))
    files.refused(("accounts.csv:3", "unionid: is that of another openid"))
    files.accounts.pop()
    files.records.pop()
    files.ok()
    assert user(old, a)[6] == "un-both"
    files.account(5, openid=b, unionid="un-both")
    files.refused(("accounts.csv:3", "unionid: is that of another openid"))


def test_lines_are_held_against_each_other(files):
    a = files.account(5, 6)
    files.account(3, balance=4)
    files.account(9, openid=a)          # its records' ids are there already, too
    b = files.account(2, -5, 3)
    files.records.append(f"r9,nobody-{new_id()},adjust,1,x,,{T.format(0)}")
    files.refused(
        ("accounts.csv:3", "is 4, and the records add up to 3"), ("accounts.csv:4", "openid: is there already"),
        ("accounts.csv:2", "is 11, and the records add up to 20"), ("accounts.csv:4", "is 9, and the records add up to 20"),
        ("records.csv:5", "record_id: is there already"), ("records.csv:7", "would be -3"),
        ("records.csv:9", "openid: is in none"))
    assert b


def test_conflicts(old, files):
    ours = old.user(50)
    mine = files.account(5, openid=f"test-{ours.id}")
    files.refused(("accounts.csv:2", f"is user {ours.id}, who has points of our own"))
    assert user(old, mine)[1] == "50"


def test_what_came_after_the_import(old, files):
    a, b = files.account(5), "old-" + new_id()
    files.ok()
    files.accounts[0] = files.accounts[0].replace(",5,", ",15,")
    files.records.append(f"late-{a},{a},adjust,10,x,,{T.format(9)}")
    files.accounts.append(f"{b},,n,5,{T.format(0)}")
    files.records.append(f"{a}-0,{b},adjust,5,x,,{T.format(1)}")
    files.refused(("records.csv:3", "was not among those"), ("records.csv:4", "is there already"),
                  ("records.csv:4", "of another account"))
    assert user(old, a)[1] == "5" and user(old, b) is None


def test_files_that_are_none(old, files, tmp_path):
    good = files.account(5)
    files.paths()
    cases = {"empty.csv": b"", "head.csv": b"openid,name\nx,y\n", "column.csv": b"openid,balance,created_at,phone\n",
             "lacks.csv": b"openid,balance\n", "latin.csv": b"openid,nickname,balance,created_at\n\xe9,n,0,x\n"}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        done = files.run(*files.paths(), str(tmp_path / name))
        assert done.returncode == DATA_ERROR and f"{name}:" in done.stderr, (name, done.stderr)
    for path in (str(tmp_path / "nothing.csv"), str(tmp_path)):
        done = files.run(*files.paths(), path)
        assert done.returncode == DATA_ERROR and path in done.stderr
    assert files.shop.stack.program("import", check=False).returncode == USAGE
    assert user(old, good) is None and staged(old) == 0


def test_spreadsheets_and_bytes(old, files, tmp_path):
    """A byte order mark, CRLF, quoted cells with commas, quotes and line breaks, columns in another order."""
    openid = "old-" + new_id()
    (tmp_path / "a.csv").write_bytes(
        b"\xef\xbb\xbfbalance,openid,created_at,nickname\r\n"
        + f"0,{openid},2024-05-01T02:00:00Z,\"小\"\"王\"\",先生\"\r\n\r\n".encode())
    assert files.ok(str(tmp_path / "a.csv")).startswith("1 accounts")
    assert user(old, openid)[5] == '小"王",先生'


def many(files, n, each):
    return [files.account(*[7] * each) for _ in range(n)]


def peak_kib(files, *paths):
    """The most memory that an import of these had: what its process says of itself, as long as there is one."""
    p = subprocess.Popen([files.shop.stack.env["PROGRAM"], "-c", files.shop.stack.env["CONF"], "import", *paths],
                         stdout=subprocess.DEVNULL,
                         env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1"))   # what was freed is kept, else
    peak = 0
    while p.poll() is None:
        with open(f"/proc/{p.pid}/status", encoding="ascii", errors="replace") as f:
            told = re.search(r"VmHWM:\s+(\d+) kB", f.read())
        peak = int(told.group(1)) if told else peak
        time.sleep(0.005)
    assert p.returncode == 0 and peak > 0
    return peak


def test_in_constant_memory(files):
    openids = many(files, 600, 2)
    small = peak_kib(files, *files.paths())
    many(files, 12000, 2)
    paths = files.paths()
    assert sum(os.path.getsize(p) for p in paths) > 4 << 20
    assert peak_kib(files, *paths) < small + 1024
    assert user(files.shop, openids[-1])[1] == "14"


def test_killed_and_begun_again(old, files):
    openids = many(files, 4000, 3)
    paths = files.paths()
    for stage in ("SELECT COUNT(*) > 0 FROM import_records", "SELECT COUNT(*) > 0 FROM points_sources WHERE source = "
                  f"'import:{openids[0]}'"):
        p = subprocess.Popen([old.stack.env["PROGRAM"], "-c", old.stack.env["CONF"], "import", *paths],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: old.stack.number(stage) == 1, 60, stage)
        p.send_signal(signal.SIGKILL)
        p.wait()
        assert staged(old) > 0, "it was over already: nothing is tested here"
        old.stack.sql("UPDATE job_leases SET held_until = UTC_TIMESTAMP(3) WHERE task = 'import'")   # else for 15 s
        old.stack.verify()
    in_before = old.stack.number("SELECT COUNT(*) FROM users WHERE nickname = '旧友' AND openid IN ('"
                                 + "','".join(openids) + "')")
    assert 0 < in_before < len(openids)
    last = files.ok()
    assert last == f"{4000 - in_before} accounts with {(4000 - in_before) * 21} points came in, {in_before} were there already"
    assert old.stack.number("SELECT COUNT(*) FROM points_records WHERE user_id IN (SELECT id FROM users WHERE openid IN ('"
                            + "','".join(openids) + "'))") == 12000
    old.stack.verify()


def test_one_at_a_time(old, files):
    """Another one that runs is waited for, and not disturbed."""
    old.stack.sql("DELETE FROM job_leases WHERE task = 'import';"
                  "INSERT INTO job_leases (task, holder, held_until) VALUES ('import', 'x', UTC_TIMESTAMP(3) + INTERVAL 1 HOUR);")
    openid = files.account(5)
    p = subprocess.Popen([old.stack.env["PROGRAM"], "-c", old.stack.env["CONF"], "import", *files.paths()],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        p.wait(2)
    assert user(old, openid) is None and staged(old) == 0
    old.stack.sql("UPDATE job_leases SET held_until = UTC_TIMESTAMP(3) WHERE task = 'import'")
    out, _ = p.communicate(timeout=60)
    assert p.returncode == 0, out
    assert user(old, openid)[1] == "5"


@pytest.mark.skipif(not APART, reason="the points live with the mall's own data")
def test_not_into_points_of_another_database(shop, tmp_path):
    files = Files(shop, tmp_path)
    openid = files.account(5)
    done = files.run()
    assert (done.returncode, done.stdout) == (78, "") and "another database" in done.stderr
    assert shop.stack.one(f"SELECT id FROM users WHERE openid = '{openid}'") is None
