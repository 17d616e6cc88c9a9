# SPDX-License-Identifier: Apache-2.0
"""A proxy before the database's TLS port that reads what is said, and can cut a connection at a chosen statement.

It is an end of TLS on both sides, with the instance's own certificate: to the program it is the server."""

import os
import select
import socket
import ssl
import struct
import threading

RST, FIN, NOTIFY, SILENCE = "rst", "fin", "notify", "silence"
READ = 65536
TICK_S = 0.05


class Cut:
    """One cut, at the first packet that has all of these words. With forward it goes on to the server, and otherwise the
    server loses the line there; after(connection id) is awaited, and then the program loses it."""

    def __init__(self, how, words, forward=True, after=None):
        self.how = how
        self.words = [w.encode() for w in words]
        self.forward = forward
        self.after = after
        self.hit = threading.Event()

    def matches(self, data):
        return not self.hit.is_set() and all(w in data for w in self.words)


class Hold(Cut):
    """One packet that is held until release is set, and then goes on, whoever is still there."""

    def __init__(self, words):
        super().__init__(None, words)
        self.release = threading.Event()


REFUSE, MUTE = "refuse", "mute"


class Proxy:
    def __init__(self, directory):
        self.dir = directory            # of the instance, which may come up later
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.cut = None
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

    def server_port(self):
        with open(os.path.join(self.dir, "conf", "ports"), encoding="ascii") as f:
            return int(next(line.split("=")[1] for line in f if line.startswith("DB_PORT=")))

    def tls(self, name):
        return os.path.join(self.dir, "tls", name)

    def close(self):
        self.listener.close()


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


class Line:
    """One connection: the greeting and the request for TLS are plain, and then both sides are TLS."""

    def __init__(self, proxy, c):
        self.proxy = proxy
        self.s = socket.create_connection(("127.0.0.1", proxy.server_port()))
        greeting = read_packet(self.s)
        self.id = struct.unpack_from("<I", greeting, greeting.index(b"\0", 5) + 1)[0]
        c.sendall(greeting)
        self.s.sendall(read_packet(c))
        here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        here.load_cert_chain(proxy.tls("server.crt"), proxy.tls("server.key"))
        there = ssl.create_default_context(cafile=proxy.tls("ca.crt"))
        self.c = here.wrap_socket(c, server_side=True)
        self.s = there.wrap_socket(self.s, server_hostname="localhost")
        self.said = b""
        self.leaving = None
        self.left = False               # nothing comes through any more

    def relay(self):
        while self.leaving is None:
            select.select([self.c, self.s], [], [], TICK_S)
            for source, sink in ((self.c, self.s), (self.s, self.c)):
                data = drain(source)
                if source is self.c and self.cut_here(data):
                    return
                sink.settimeout(30)
                sink.sendall(data)
        self.s.close()
        self.left = True
        self.end(self.leaving)

    def cut_here(self, data):
        """Whole packets alone are looked at, and what was looked at is forgotten."""
        cut = self.proxy.cut
        self.said += data
        while len(self.said) >= 4 and len(self.said) >= (n := 4 + int.from_bytes(self.said[:3], "little")):
            packet, self.said = self.said[:n], self.said[n:]
            if cut is not None and cut.matches(packet):
                cut.hit.set()
                if isinstance(cut, Hold):
                    cut.release.wait(60)
                    return False
                self.carry_out(cut, data)
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

    def end(self, how):
        """The program's end of the line."""
        if how == SILENCE:
            self.s.close()
            select.select([self.c], [], [], 30)     # until it gives up
        if how == RST:
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
        except ssl.SSLWantReadError:
            return data
        if not got:
            raise EOFError
        data += got
