#!/usr/bin/env python3
"""size.py says what an image is made of, and what a goroutine costs.

    tools/size.py --machine build/<board>/machine [--files] [--functions]
                  IMAGE.elf

The first table has the bytes that each room has in the image as it is linked,
after --gc-sections: text (code), rodata, data and bss as binutils' size counts
them, except that its "text" is both of our first two columns. The sums are
those of the ELF file; the line `alignment` is what no object gave. Where they
differ from `size` the tool itself is wrong (tests/tools checks it).
The line `scheduler` is what a program pays for the kernel: text and rodata of
kernel, arch (with the vectors, in boot) and pkg; drivers, libc and what the C
compiler brings along are not in it.
--files adds a line for each file of the project, --functions one for each function
and constant of the scheduler's, largest first.

The second table is what the pools hold and what one more of each costs in RAM.
A third one, for boards that say how much RAM (and flash) they have, is where each
byte of it goes: what a setting of config.h or board.h makes, by the setting, and
the rest by room; their sum, and what is left of the chip.
Every number of the second is read from the image: sizes of structs from its debug
information, sizes and counts of pools from the initial values of each `struct
pool` in it, so a new pool appears by itself.
"""

import argparse
import os
import re
import sys

import dwarfinfo
import fits
import linkmap
from mksymtab import Elf

SCHEDULER = ("kernel", "arch", "boot", "pkg")
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
    print(f"{'scheduler: text + rodata':<32}{scheduler(found):>11}")


def scheduler(found):
    """Bytes of text and rodata of the rooms that are the kernel."""
    return sum(r["text"] + r["rodata"] for where in SCHEDULER
               for r in found.get(where, {}).values())


def show_functions(pieces, base):
    """Each piece of the scheduler in flash, largest first."""
    rows = sorted(((p.size, room(p.path, base)[1],
                    re.sub(r"^\.(text|rodata)\.", "", p.name))
                   for p in pieces if p.kind in ("text", "rodata") and
                   room(p.path, base)[0] in SCHEDULER), reverse=True)
    print()
    for size, name, what in rows:
        print(f"{what:<40}{size:>7}  {name}")


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
    if "g" not in by_name:
        g = memory.info.struct("g")
        print(f"\none goroutine: struct g {memory.info.sizeof(g)} + its stack")
        return
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


def row(name, size, by=""):
    print(f"{name:<32}{size:>11}  {by}".rstrip())


def left(used, whole, what):
    print(f"{'used':<32}{used:>11}  of {whole}, {whole - used} left{what}")


def show_chip(elf, pieces, base, machine):
    """Flash and RAM of the chip, to the byte."""
    flash, ram = (int(machine.get(k, "") or "0", 0)
                  for k in ("flash_size", "ram_size"))
    inflash = ("text", "rodata") if flash else ()
    if flash:
        print(f"\n{'flash':<32}{'bytes':>11}")
        by = {}
        for p in pieces:
            if p.kind in inflash:
                where = room(p.path, base)[0]
                by[where, p.kind] = by.get((where, p.kind), 0) + p.size
        for (where, kind), size in sorted(by.items(), key=lambda x: -x[1]):
            row(f"{where}, {kind}", size)
        data = sum(p.size for p in pieces if p.kind == "data")
        row("what .data begins as", data)
        sections = linkmap.outputs(elf)
        spans = [(a, a + n) for a, n, kind in sections.values()
                 if kind in inflash]
        used = sum(by.values()) + data
        # Gaps between sections are in no section.
        end = max(hi for _, hi in spans) - int(machine["flash_origin"], 0)
        row("between sections", max(end, used) - used)
        left(max(end, used), flash, "")
    if not ram:
        return
    print(f"\n{'RAM':<32}{'bytes':>11}  set by")
    known, rest = {}, {}
    for p in pieces:
        if p.kind in inflash:
            continue
        what = fits.setting(p.name)
        if what:
            known[what] = known.get(what, 0) + p.size
        else:
            where = room(p.path, base)[0], p.kind
            rest[where] = rest.get(where, 0) + p.size
    for (what, by), size in sorted(known.items(), key=lambda x: -x[1]):
        row(what, size, by)
    for (where, kind), size in sorted(rest.items(), key=lambda x: -x[1]):
        row(f"{where}, {kind}", size)
    used = sum(known.values()) + sum(rest.values())
    lo = int(machine["ram_origin"], 0)
    ends = [a + n for a, n, _ in linkmap.outputs(elf).values()
            if lo <= a < lo + ram]
    end = max(ends) - lo
    if end > used:
        row("between sections", end - used)
    left(max(end, used), ram, " (the heap, where it has no other place)")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--machine", required=True)
    p.add_argument("--files", action="store_true")
    p.add_argument("--functions", action="store_true")
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
    if a.functions:
        show_functions(pieces, base)
    show_memory(elf)
    show_chip(elf, pieces, base, machine)


if __name__ == "__main__":
    sys.exit(main())
