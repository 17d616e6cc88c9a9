# SPDX-License-Identifier: Apache-2.0
"""The board of a program built with --enable-failpoints (struct failpoint_board, app/base/failpoint.h): what is to happen
at its points, and what has happened."""

import mmap
import os
import struct

TEXT, RULES, SEEN = 4096, 64, 4096
VERSION_AT, SEED_AT, TEXT_AT = 0, 4, 8
RULES_AT = TEXT_AT + TEXT
SEEN_AT = RULES_AT + RULES * 8
SIZE = SEEN_AT + SEEN * 16


def fnv1a(name):
    h = 0xcbf29ce484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001b3 % (1 << 64)
    return h


class Board:
    """Made before the program starts, which gets its path in POINTSMALL_FAILPOINTS_FILE."""

    def __init__(self, path):
        self.path = path
        with open(path, "w+b") as f:
            f.truncate(SIZE)
            os.fchmod(f.fileno(), 0o666)
            self.map = mmap.mmap(f.fileno(), SIZE)

    def _number(self, at):
        return struct.unpack_from("<I", self.map, at)[0]

    def arm(self, text, seed):
        """Takes the place of what was armed before; counting begins anew."""
        version = self._number(VERSION_AT) | 1
        struct.pack_into("<I", self.map, VERSION_AT, version)
        self.map[TEXT_AT:RULES_AT] = text.encode().ljust(TEXT, b"\0")
        self.map[RULES_AT:SEEN_AT] = bytes(RULES * 8)
        struct.pack_into("<I", self.map, SEED_AT, seed)
        struct.pack_into("<I", self.map, VERSION_AT, (version + 1) % (1 << 32))

    def disarm(self):
        self.arm("", 1)

    def forget(self):
        """Nothing was met yet."""
        self.map[SEEN_AT:SIZE] = bytes(SIZE - SEEN_AT)

    def fired(self, rule=0):
        """How often the rule was due: at most as often as it says, it fired."""
        return self._number(RULES_AT + rule * 8 + 4)

    def met(self, names):
        """{name: how often it was come by} of those that were."""
        seen = dict(struct.iter_unpack("<QQ", self.map[SEEN_AT:SIZE]))
        return {name: n for name in names if (n := seen.get(fnv1a(name), 0))}
