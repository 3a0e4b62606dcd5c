#!/usr/bin/env python3
"""size.py says what an image is made of, and what a goroutine costs.

    tools/size.py --machine build/<board>/machine [--files] IMAGE.elf

The first table has the bytes that each room has in the image as it is linked,
after --gc-sections: text (code), rodata, data and bss as binutils' size counts
them, except that its "text" is both of our first two columns. The sums are
those of the ELF file; the line `alignment` is what no object gave. Where they
differ from `size` the tool itself is wrong (tests/tools checks it).
--files adds a line for each file of the project.

The second table is what the pools hold and what one more of each costs in RAM.
Every number is read from the image: sizes of structs from its debug
information, sizes and counts of pools from the initial values of each `struct
pool` in it, so a new pool appears by itself.
"""

import argparse
import os
import re
import sys

import dwarfinfo
import linkmap
from mksymtab import Elf

KINDS = ("text", "rodata", "data", "bss")
ROOMS = ("kernel", "arch", "boot", "drivers", "boards", "pkg", "libc", "app",
         "newlib", "libgcc", "symbols", "alignment")


def room(path, base):
    """The room that an object belongs to, and its file's name."""
    m = re.match(r"(.*)/([^/]+\.a)\((.*)\)$", path)
    if m:
        return ("newlib" if m[2] in ("libc.a", "libm.a") else m[2][:-2],
                f"{m[2]}({m[3]})")
    if not path:
        return "alignment", ""
    inside = os.path.relpath(path, base)
    if os.path.basename(path) == "gzsym.o":
        return "symbols", ""
    first = inside.split("/")[0]
    name = re.sub(r"\.o$", "", inside)
    if first in ("app", "out"):
        return "app", name
    return first, name


def sizes(pieces, base):
    """{room: {file: {kind: bytes}}}"""
    found = {}
    for p in pieces:
        where, name = room(p.path, base)
        row = found.setdefault(where, {}).setdefault(
            name, dict.fromkeys(KINDS, 0))
        row[p.kind] += p.size
    return found


def add(rows):
    rows = list(rows)
    return {k: sum(r[k] for r in rows) for k in KINDS}


def line(name, row):
    print(f"{name:<32}" + "".join(f"{row[k]:>11}" for k in KINDS))


def show_rooms(found, files):
    print(f"{'bytes':<32}" + "".join(f"{k:>11}" for k in KINDS))
    for where in sorted(found, key=lambda r: (
            ROOMS.index(r) if r in ROOMS else len(ROOMS), r)):
        line(where, add(found[where].values()))
        if not files or where in ("alignment", "symbols", "newlib"):
            continue
        for name, row in sorted(found[where].items()):
            if name:
                line("  " + name, row)
    line("total", add(r for rows in found.values() for r in rows.values()))


class Memory:
    """What the image's data says, by the names that C gives it."""

    def __init__(self, elf):
        self.elf = elf
        self.info = dwarfinfo.Info(
            elf, re.compile(r"(.*/)?(kernel|libc)/").match)

    def load(self, address, size):
        """The bytes at an address, as the image has them."""
        for h in self.elf.heads:
            if (h[2] & linkmap.SHF_ALLOC and h[3] <= address and
                    address + size <= h[3] + h[5]):
                if h[1] == linkmap.SHT_NOBITS:
                    return bytes(size)
                at = h[4] + address - h[3]
                return self.elf.data[at:at + size]
        return b""

    def number(self, address, size):
        return int.from_bytes(self.load(address, size), "little")

    def string(self, address):
        text = b""
        while (c := self.load(address, 1)) not in (b"", b"\0"):
            text += c
            address += 1
        return text.decode()

    def writable(self, address):
        return any(h[2] & linkmap.SHF_ALLOC and h[2] & linkmap.SHF_WRITE and
                   h[3] <= address < h[3] + h[5] for h in self.elf.heads)

    def pools(self):
        """[{member: value}] of each struct pool in the image."""
        struct = self.info.struct("pool")
        if struct is None:
            raise SystemExit("no struct pool in the debug information")
        members = self.info.members(struct)
        result = []
        for unit in self.info.units:
            for e in unit.children:
                if (e.tag != dwarfinfo.TAG_VARIABLE or
                        dwarfinfo.AT_LOCATION not in e.attributes):
                    continue
                t, n = self.info.type(e), 1
                if t is not None and t.tag == dwarfinfo.TAG_ARRAY:
                    for d in self.info.dimensions(t):
                        n *= d
                    t = self.info.type(t)
                if t is None or t.tag != dwarfinfo.TAG_STRUCT or \
                   self.info.name(t) != "pool":
                    continue
                base = self.info.address(e)
                if not self.writable(base):
                    continue  # --gc-sections dropped it
                result += [self.pool(base + i * self.info.sizeof(struct),
                                     members) for i in range(n)]
        return sorted((p for p in result if p["n"]),
                      key=lambda p: (p["name"], p["size"]))

    def pool(self, at, members):
        p = {m: self.number(at + members[m][0], members[m][1])
             for m in ("name", "setting", "base", "size", "guard", "n")}
        p["name"] = self.string(p["name"])
        p["setting"] = self.string(p["setting"])
        return p

    def array(self, name):
        """(bytes, [dimension]) of an array variable, (0, [0]) without it."""
        v = self.info.variable(name)
        if v is None:
            return 0, [0]
        t = self.info.type(v)
        return self.info.sizeof(t), self.info.dimensions(t)


def show_memory(elf):
    memory = Memory(elf)
    pools = memory.pools()
    print(f"\n{'pool':<32}{'each':>11}{'guard':>11}{'how many':>11}"
          f"{'all':>11}")
    for p in pools:
        print(f"{p['name'] + ' (' + p['setting'] + ')':<32}"
              f"{p['size'] - p['guard']:>11}{p['guard']:>11}{p['n']:>11}"
              f"{p['size'] * p['n']:>11}")
    by_name = {p["name"]: p for p in pools}
    stacks = sorted((p for p in pools if p["name"].startswith("stack")),
                    key=lambda p: p["size"])
    g = by_name["g"]["size"]
    print("\none goroutine: struct g " + str(g) + " + its stack: " + ", ".join(
        f"{g + p['size']} with {p['size'] - p['guard']}" for p in stacks))
    if "reent" in by_name:
        print(f"  that uses stdio or errno: {by_name['reent']['size']} more")
    channel = memory.info.struct("hchan")
    if channel is not None:
        print(f"one channel: {memory.info.sizeof(channel)}, and its buffer")
    ms, n = memory.array("allm")
    ps, _ = memory.array("allp")
    g0, _ = memory.array("g0stacks")
    harts = n[0]
    print(f"one hart: struct m {ms // harts} + struct p {ps // harts} + g0 "
          f"stack {g0 // harts} = {(ms + ps + g0) // harts}, times {harts}")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--machine", required=True)
    p.add_argument("--files", action="store_true")
    p.add_argument("image")
    a = p.parse_args()
    with open(a.machine, encoding="utf-8") as f:
        machine = dict(x.rstrip("\n").split("=", 1) for x in f if "=" in x)
    elf = Elf(a.image)
    pieces = linkmap.read(os.path.splitext(a.image)[0] + ".map", elf)
    base = os.path.dirname(a.machine)
    program = os.path.relpath(os.path.dirname(a.image), base)
    print(f"{machine['arch']}, {machine['board']}: "
          f"{re.sub('^(app/|out)', '', program)}")
    show_rooms(sizes(pieces, base), a.files)
    show_memory(elf)


if __name__ == "__main__":
    sys.exit(main())
