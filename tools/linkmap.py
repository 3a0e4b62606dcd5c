"""linkmap.py reads the map that ld writes next to an image: which piece of
which object became which bytes.

What always holds: the pieces of an output section and its padding add up to
the section's size in the ELF file, which is asked, not the map, and no byte is
in two of them. Where ld merges strings the map has sizes from before that, so
a piece ends where the next one begins.
"""

import re
from collections import namedtuple

# kind: text, rodata, data or bss
Piece = namedtuple("Piece", "section name address size kind path")

SHF_WRITE, SHF_ALLOC, SHF_EXECINSTR = 1, 2, 4
SHT_NOBITS = 8


def outputs(elf):
    """{name: (address, size, kind)} of the sections that take memory."""
    found = {}
    for name, i in elf.sections.items():
        _, sort, flags, address, _, size = elf.heads[i][:6]
        if not flags & SHF_ALLOC:
            continue
        if sort == SHT_NOBITS:
            kind = "bss"
        elif flags & SHF_WRITE:
            kind = "data"
        else:
            kind = "text" if flags & SHF_EXECINSTR else "rodata"
        found[name] = (address, size, kind)
    return found


def read(path, elf):
    """[Piece] of an image. What no object gave (alignment, and what the
    script says itself) is a piece with path ""."""
    places = outputs(elf)
    with open(path, encoding="utf-8") as f:
        text = f.read().partition("Linker script and memory map")[2]
    # A long name has a line of its own.
    text = re.sub(r"^( ?[.\w]\S*)\n +(?=0x)", r"\1 ", text, flags=re.M)
    rows, now = {name: [] for name in places}, None
    for line in text.split("\n"):
        m = re.match(r"([.\w]\S*)(\s+0x|$)", line)
        if m:
            now = m[1] if m[1] in places else None
            continue
        m = re.match(r" (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (.+)$", line)
        if now is not None and m and not m[1].startswith("*"):
            rows[now].append((int(m[2], 16), int(m[3], 16), m[1], m[4]))
    pieces = []
    for name, (lo, size, kind) in places.items():
        pieces += split(name, kind, lo, lo + size, sorted(
            rows[name], key=lambda row: row[0]))
    return pieces


def split(section, kind, lo, hi, rows):
    """[Piece] for the rows of one section, in the order of addresses."""
    pieces = []

    def add(name, address, end, path):
        if end > address:
            pieces.append(Piece(section, name, address, end - address, kind,
                                path))

    at = lo
    for i, (address, size, name, path) in enumerate(rows):
        after = rows[i + 1][0] if i + 1 < len(rows) else hi
        if not lo <= address <= hi:
            raise SystemExit(f"link map: {name} of {path} is at {address:#x}, "
                             f"outside {section}")
        end = min(address + size, after)
        add("", at, address, "")
        add(name, address, end, path)
        at = max(at, end)
    add("", at, hi, "")
    return pieces
