#!/usr/bin/env python3
"""layout.py looks whether an image is laid out as its board starts and loads it.

    tools/layout.py --machine build/<board>/machine IMAGE.elf

For boards with flash (board.mk: FLASH_ORIGIN ...):
  - what is loaded lies in flash, what is only cleared or left alone in RAM, and
    nothing of it twice in the same place;
  - on a Cortex-M the vector table lies at the beginning of flash; its first word,
    the stack pointer, is a multiple of 8 in RAM, and every handler after it an
    odd address (Thumb) of code in flash.
Exit status 0, or 1 and a line for each thing that is wrong.
"""

import argparse
import struct
import sys

from linkmap import SHF_ALLOC, SHF_EXECINSTR
from mksymtab import Elf

EM_ARM, PT_LOAD = 40, 1


def loads(elf):
    """(virtual, physical, bytes in the file, bytes in memory) of each segment."""
    phoff, = struct.unpack_from("<Q" if elf.word == 8 else "<I", elf.data,
                                32 if elf.word == 8 else 28)
    size, count = struct.unpack_from("<HH", elf.data,
                                     54 if elf.word == 8 else 42)
    for at in range(phoff, phoff + size * count, size):
        if elf.word == 8:
            sort, _, _, virtual, physical, infile, inmemory = \
                struct.unpack_from("<IIQQQQQ", elf.data, at)
        else:
            sort, _, virtual, physical, infile, inmemory = \
                struct.unpack_from("<IIIIII", elf.data, at)
        if sort == PT_LOAD and inmemory:
            yield virtual, physical, infile, inmemory


class Room:
    def __init__(self, machine, name):
        self.name = name
        self.lo = int(machine[name.lower() + "_origin"], 0)
        self.hi = self.lo + int(machine[name.lower() + "_size"], 0)

    def has(self, lo, size):
        return self.lo <= lo and lo + size <= self.hi

    def __str__(self):
        return f"{self.name} ({self.lo:#x} to {self.hi:#x})"


def places(elf, flash, ram):
    taken = []
    for virtual, physical, infile, inmemory in loads(elf):
        if infile and not flash.has(physical, infile):
            yield f"{infile} bytes to load at {physical:#x} are not in {flash}"
        if not flash.has(virtual, inmemory) and not ram.has(virtual, inmemory):
            yield f"{inmemory} bytes at {virtual:#x} are neither in {flash} " \
                f"nor in {ram}"
        taken.append((virtual, virtual + inmemory))
        if infile and physical != virtual:
            taken.append((physical, physical + infile))
    taken.sort()
    for (_, end), (begin, _) in zip(taken, taken[1:]):
        if begin < end:
            yield f"two segments have the bytes from {begin:#x}"


def vectors(elf, flash, ram):
    address, table = elf.section(".vectors")
    if address != flash.lo or len(table) < 16 * 4:
        yield f"no vector table at {flash.lo:#x}"
        return
    code = [(h[3], h[3] + h[5]) for h in elf.heads
            if h[2] & SHF_ALLOC and h[2] & SHF_EXECINSTR]
    stack, *handlers = struct.unpack(f"<{len(table) // 4}I", table)
    if stack % 8 or not ram.lo < stack <= ram.hi:
        yield f"the stack pointer at reset is {stack:#x}, not in {ram}"
    for n, v in enumerate(handlers, 1):
        if not v & 1 or not any(lo <= v - 1 < hi for lo, hi in code) or \
                not flash.has(v - 1, 2):
            yield f"vector {n} is {v:#x}: no Thumb code in {flash}"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--machine", required=True)
    p.add_argument("image")
    o = p.parse_args()
    with open(o.machine, encoding="utf-8") as f:
        machine = dict(x.rstrip("\n").split("=", 1) for x in f if "=" in x)
    elf = Elf(o.image)
    flash, ram = Room(machine, "FLASH"), Room(machine, "RAM")
    wrong = list(places(elf, flash, ram))
    if elf.machine == EM_ARM:
        wrong += vectors(elf, flash, ram)
    for text in wrong:
        print(f"{machine['board']}: {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
