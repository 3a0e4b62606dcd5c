#!/usr/bin/env python3
"""wxcheck.py refuses an image in which anything is writable and executable.

    tools/wxcheck.py IMAGE.elf...

The link rule calls it, so there is no image that it has not seen. It looks at
segments (what boot code and loaders go by), at sections (what the protection
that boot sets up goes by), and that no section lies in a segment which allows
what the section's own flags do not: a writable section in an executable
segment, or code in a writable one; one with bytes must lie in some segment,
or no rights are said for it at all. A stack marked executable is refused too:
boot does not read the mark, but it means that some object asks for it.
"""

import struct
import sys

from linkmap import SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_NOBITS
from mksymtab import Elf

PT_LOAD, PT_GNU_STACK = 1, 0x6474E551
PF_X, PF_W = 1, 2


def segments(elf):
    """(type, flags, first address, one past the last) of each segment."""
    if elf.word == 8:
        phoff, = struct.unpack_from("<Q", elf.data, 32)
        phentsize, phnum = struct.unpack_from("<HH", elf.data, 54)
    else:
        phoff, = struct.unpack_from("<I", elf.data, 28)
        phentsize, phnum = struct.unpack_from("<HH", elf.data, 42)
    for i in range(phnum):
        at = phoff + i * phentsize
        if elf.word == 8:
            sort, flags, _, address, _, _, size, _ = struct.unpack_from(
                "<IIQQQQQQ", elf.data, at)
        else:
            sort, _, address, _, _, size, flags, _ = struct.unpack_from(
                "<IIIIIIII", elf.data, at)
        yield sort, flags, address, address + size


def complaints(elf):
    loads = []
    for sort, flags, lo, hi in segments(elf):
        if sort == PT_LOAD:
            loads.append((flags, lo, hi))
            if flags & PF_W and flags & PF_X:
                yield f"the segment at {lo:#x} is writable and executable"
        if sort == PT_GNU_STACK and flags & PF_X:
            yield "the stack is marked executable"
    for name, h in zip(elf.names, elf.heads):
        write, execute = h[2] & SHF_WRITE, h[2] & SHF_EXECINSTR
        if not h[2] & SHF_ALLOC or not h[5]:
            continue
        if write and execute:
            yield f"section {name} is writable and executable"
        if h[1] != SHT_NOBITS and not any(
                lo <= h[3] and h[3] + h[5] <= hi for _, lo, hi in loads):
            yield f"section {name} is in no segment"
        for flags, lo, hi in loads:
            if h[3] >= hi or h[3] + h[5] <= lo:
                continue
            if write and flags & PF_X:
                yield f"section {name} is writable, its segment executable"
            if execute and flags & PF_W:
                yield f"section {name} is code, its segment writable"


def main():
    wrong = 0
    for path in sys.argv[1:]:
        for text in complaints(Elf(path)):
            print(f"{path}: {text}", file=sys.stderr)
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
