# SPDX-License-Identifier: Apache-2.0
"""A proxy before the database that reads what is said, and can spoil it: delay, blackhole, reset, cut after some bytes, or
take away the answer to COMMIT alone. Over TCP it is an end of TLS on both sides, with the instance's own certificate: to the
program it is the server. Over a socket of this machine nothing is encrypted."""

import os
import random
import select
import socket
import ssl
import struct
import threading
import time

RST, FIN, NOTIFY, SILENCE = "rst", "fin", "notify", "silence"
REFUSE, MUTE = "refuse", "mute"
READ = 65536
TICK_S = 0.05
MORE_RESULTS = 0x0008


class Cut:
    """One cut, at the first packet that has all of these words. With forward it goes on to the server, and otherwise the
    server loses the line there; after(connection id) is awaited, and then the program loses it."""

    def __init__(self, how, words, forward=True, after=None):
        self.how = how
        self.words = [w.encode() for w in words]
        self.forward = forward
        self.after = after
        self.hit = threading.Event()

    def takes(self, packet):
        """The cut, where this packet is the one; else None."""
        if self.hit.is_set() or not all(w in packet for w in self.words):
            return None
        self.hit.set()
        return self


class Hold(Cut):
    """One packet that is held until release is set, and then goes on, whoever is still there."""

    def __init__(self, words):
        super().__init__(None, words)
        self.release = threading.Event()


class Weather:
    """Faults by chance: rates is {name: probability} for each command that is sent. What happened is counted.

      delay      the command comes later, by up to delay_s
      blackhole  the command arrives or not; nothing ever comes back
      reset      the line breaks, before the command arrives or after
      cut        the answer breaks off after some bytes
      commit     (COMMIT only) it is carried out, and its answer is lost"""

    def __init__(self, seed, rates, delay_s=0.3):
        self.rng, self.rates, self.delay_s = random.Random(seed), rates, delay_s
        self.lock = threading.Lock()
        self.happened = {name: 0 for name in rates}

    def takes(self, packet):
        if packet[3] != 0 or packet[4:5] == b"\x01":        # not the beginning of a command, or the end of the connection
            return None
        with self.lock:
            for name, rate in self.rates.items():
                if self.rng.random() < rate and (name != "commit" or packet.rstrip().endswith(b"COMMIT")):
                    self.happened[name] += 1
                    return Spell(name, self.rng.random(), self.rng.choice([RST, FIN]), self.delay_s)
        return None


class Spell:
    """One fault of the weather, for one line."""

    def __init__(self, name, luck, how, delay_s):
        self.name, self.luck, self.how, self.delay_s = name, luck, how, delay_s


class Proxy:
    """Listens on a port of 127.0.0.1 (TLS), or on the socket at path for the server's at server_path."""

    def __init__(self, directory, path=None, server_path=None):
        self.dir = directory            # of the instance, which may come up later
        self.path, self.server_path = path, server_path
        if path is None:
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
            self.port = self.listener.getsockname()[1]
        else:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            os.chmod(path, 0o777)
            self.listener.listen(64)
        self.cut = None                 # a Cut, a Hold or a Weather
        self.mode = None                # of new connections: REFUSE ends them, MUTE says nothing to them
        self.muted = []
        self.errors = []
        self.open = {}                  # connection id: the program's end
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                c, _ = self.listener.accept()
            except OSError:
                return
            if self.mode == REFUSE:
                c.close()
            elif self.mode == MUTE:
                self.muted.append(c)
            else:
                threading.Thread(target=self.run, args=(c,), daemon=True).start()

    def away(self, mode):
        """From now on nobody comes through, and who was through no longer is."""
        self.mode = mode
        return self.leave(RST if mode == REFUSE else SILENCE)

    def back(self):
        self.mode = None
        while self.muted:
            self.muted.pop().close()

    def run(self, c):
        line = None
        try:
            line = Line(self, c)
            self.open[line.id] = line
            line.relay()
        except (OSError, EOFError):
            pass                        # either side may end in any way
        except Exception as e:          # noqa: B902 (told by the test)
            self.errors.append(e)
        finally:
            if line is not None:
                self.open.pop(line.id, None)
                line.close()
            c.close()

    def leave(self, how):
        """Cuts all lines that are open now; what it gives back says whether that is done."""
        lines = list(self.open.values())
        for line in lines:
            line.leaving = how
        return lambda: all(line.left or line not in self.open.values() for line in lines)

    def server(self):
        if self.server_path is not None:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.server_path)
            except OSError:
                s.close()
                raise
            return s
        with open(os.path.join(self.dir, "conf", "ports"), encoding="ascii") as f:
            return socket.create_connection(("127.0.0.1", int(next(
                line.split("=")[1] for line in f if line.startswith("DB_PORT=")))))

    def tls(self, name):
        return os.path.join(self.dir, "tls", name)

    def close(self):
        self.listener.close()
        if self.path is not None and os.path.exists(self.path):
            os.unlink(self.path)


def read_exactly(sock, n):
    data = b""
    while len(data) < n:
        got = sock.recv(n - len(data))
        if not got:
            raise EOFError
        data += got
    return data


def read_packet(sock):
    head = read_exactly(sock, 4)
    return head + read_exactly(sock, int.from_bytes(head[:3], "little"))


def number(data, at):
    """A length-encoded integer; its value is of no interest: where it ends."""
    return at + {0xfc: 3, 0xfd: 4, 0xfe: 9}.get(data[at], 1)


def is_last(packet):
    """Whether nothing follows this answer of a command that has no rows."""
    if packet[4] != 0:
        return True                     # an error ends it
    at = number(packet, number(packet, 5))
    return not struct.unpack_from("<H", packet, at)[0] & MORE_RESULTS


class Line:
    """One connection. Over TCP the greeting and the request for TLS are plain, and then both sides are TLS."""

    def __init__(self, proxy, c):
        self.proxy, self.c = proxy, c
        self.s = proxy.server()
        self.s.settimeout(30)
        c.settimeout(30)
        greeting = read_packet(self.s)
        self.id = struct.unpack_from("<I", greeting, greeting.index(b"\0", 5) + 1)[0] if greeting[4] == 10 else -1
        c.sendall(greeting)
        self.said = b""
        self.leaving = None
        self.left = False               # nothing comes through any more
        if proxy.path is None:
            self.encrypt()

    def encrypt(self):
        proxy = self.proxy
        self.s.sendall(read_packet(self.c))
        here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        here.load_cert_chain(proxy.tls("server.crt"), proxy.tls("server.key"))
        there = ssl.create_default_context(cafile=proxy.tls("ca.crt"))
        self.c = here.wrap_socket(self.c, server_side=True)
        self.s = there.wrap_socket(self.s, server_hostname="localhost")

    def relay(self):
        while self.leaving is None:
            select.select([self.c, self.s], [], [], TICK_S)
            for source, sink in ((self.c, self.s), (self.s, self.c)):
                data = drain(source)
                if source is self.c and self.spoiled(data):
                    return
                sink.settimeout(30)
                sink.sendall(data)
        self.s.close()
        self.left = True
        self.end(self.leaving)

    def spoiled(self, data):
        """Whole packets alone are looked at, and what was looked at is forgotten. True: this was the line's end."""
        cut = self.proxy.cut
        self.said += data
        while len(self.said) >= 4 and len(self.said) >= (n := 4 + int.from_bytes(self.said[:3], "little")):
            packet, self.said = self.said[:n], self.said[n:]
            taken = cut.takes(packet) if cut is not None else None
            if isinstance(taken, Hold):
                taken.release.wait(60)
            elif isinstance(taken, Cut):
                self.carry_out(taken, data)
                return True
            elif taken is not None and getattr(self, taken.name)(taken, data):
                return True
        return False

    def carry_out(self, cut, data):
        if cut.forward:
            self.s.settimeout(30)
            self.s.sendall(data)
        else:
            self.s.close()
        if cut.after is not None:
            cut.after(self.id)
        self.end(cut.how)

    # ---- the weather; each says whether the line has ended ----

    def delay(self, spell, _):
        time.sleep(spell.luck * spell.delay_s)
        return False

    def blackhole(self, spell, data):
        if spell.luck < 0.5:
            self.s.sendall(data)
        select.select([self.c], [], [], 30)         # what was begun there stays until it gives up
        self.close()
        return True

    def reset(self, spell, data):
        if spell.luck < 0.5:
            self.s.settimeout(30)
            self.s.sendall(data)
        self.s.close()
        self.end(spell.how)
        return True

    def cut(self, spell, data):
        self.s.settimeout(30)
        self.s.sendall(data)
        answer = read_packet(self.s)
        self.c.settimeout(30)
        self.c.sendall(answer[:int(spell.luck * len(answer))])
        self.end(spell.how)
        return True

    def commit(self, spell, data):
        self.s.settimeout(30)
        self.s.sendall(data)
        while not is_last(read_packet(self.s)):
            pass
        self.end(spell.how)
        return True

    def end(self, how):
        """The program's end of the line."""
        if how == SILENCE:
            self.s.close()
            select.select([self.c], [], [], 30)     # until it gives up
        if how == RST and self.c.family != socket.AF_UNIX:
            self.c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how == NOTIFY:
            self.c.settimeout(0)
            try:
                self.c.unwrap()
            except (ssl.SSLError, OSError):
                pass                    # its own close_notify is not awaited
        self.close()

    def close(self):
        for sock in (self.c, self.s):
            sock.close()


def drain(sock):
    """All that is there to be read now, which may be nothing; an end is an EOFError."""
    data = b""
    sock.settimeout(0)
    while True:
        try:
            got = sock.recv(READ)
        except (ssl.SSLWantReadError, BlockingIOError):
            return data
        if not got:
            if data:
                return data             # the end is met again
            raise EOFError
        data += got
