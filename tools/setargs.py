#!/usr/bin/env python3
"""setargs.py writes boot arguments into a copy of an image.

    tools/setargs.py IMAGE.elf OUT.elf 'words ...'

For boards where nobody hands arguments to the program: their images have a
room of zeros in flash, the symbol __gzargs, which boot reads as a string
(arch_bootargs). Nothing else of the image changes, so it need not be built
again for other arguments. tools/run.py does this for machines with exit=line.
"""

import os
import sys

from mksymtab import Elf

ROOM = "__gzargs"
SHT_SYMTAB = 2


class Refused(Exception):
    """The image takes no such arguments."""


def room(elf):
    """(offset in the file, bytes) of the room, None if there is none."""
    for h in elf.heads:
        if h[1] != SHT_SYMTAB:
            continue
        strings = elf.heads[h[6]][4]
        entry = 24 if elf.word == 8 else 16
        for at in range(h[4], h[4] + h[5], entry):
            name = strings + int.from_bytes(elf.data[at:at + 4], "little")
            end = name + len(ROOM)
            if elf.data[name:end + 1] != ROOM.encode() + b"\0":
                continue
            if elf.word == 8:
                section = int.from_bytes(elf.data[at + 6:at + 8], "little")
                value = int.from_bytes(elf.data[at + 8:at + 16], "little")
                size = int.from_bytes(elf.data[at + 16:at + 24], "little")
            else:
                value = int.from_bytes(elf.data[at + 4:at + 8], "little")
                size = int.from_bytes(elf.data[at + 8:at + 12], "little")
                section = int.from_bytes(elf.data[at + 14:at + 16], "little")
            if 0 < section < len(elf.heads):
                home = elf.heads[section]
                return home[4] + value - home[3], size
    return None


def write(image, out, text):
    """Copies image to out with text as its boot arguments."""
    elf = Elf(image)
    found = room(elf)
    if found is None:
        raise Refused(f"{image}: no room for boot arguments ({ROOM})")
    at, size = found
    words = text.encode()
    if len(words) >= size:
        raise Refused(f"boot arguments of {len(words)} bytes; {image} has "
                      f"room for {size - 1}: raise BOOTARGS_BYTES")
    data = elf.data[:at] + words.ljust(size, b"\0") + elf.data[at + size:]
    # Whole or not at all: out may be image, and others may read it.
    part = f"{out}.{os.getpid()}"
    with open(part, "wb") as f:
        f.write(data)
    os.replace(part, out)


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        write(*sys.argv[1:])
    except (Refused, OSError) as e:
        print(f"setargs.py: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
