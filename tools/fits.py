#!/usr/bin/env python3
"""fits.py says in one line what to do about an image that does not fit its board.

    tools/fits.py BOARD FLASH_SIZE RAM_SIZE FLASH_ORIGIN LINK.map LINK.err

The link rule calls it when ld has failed; LINK.err is what ld said. If that was
not about the size of flash or RAM, nothing is printed. tools/size.py takes the list
of settings from here.
"""

import re
import sys

# What an input section of RAM is, by its name, and the settings (config.h, board.h)
# that it grows with.
SETTINGS = (
    (r"\.bss\.noinit\.stacks", "goroutine stacks", "STACK0_COUNT to STACK3_COUNT, "
     "STACK0_BYTES ..."),
    (r"\.bss\.allg", "struct g of goroutines", "NG"),
    (r"\.bss\.g0stacks", "g0 stacks", "G0_STACK_BYTES"),
    (r"\.bss\.faultstack", "emergency stack", "FAULT_STACK_BYTES"),
    (r"\.bss\.allm", "struct m of harts", "MAXHARTS"),
    (r"\.bss\.allp", "struct p, run queues", "RUNQ_SIZE, MAXHARTS"),
    (r"\.bss\.chans", "channels", "NCHAN"),
    (r"\.bss\.(noinit\.chanbuf|order|freelist)", "channel buffers",
     "CHANBUF_BYTES"),
    (r"\.bss\.panics", "panics", "NPANIC, PANIC_TEXT"),
    (r"\.bss\.reents", "newlib's reents", "NREENT"),
    (r"\.bss\.locks", "newlib's locks", "NLOCK"),
    (r"\.bss\.(handlers|irqstate)", "interrupt lines", "NIRQ"),
    (r"\.bss\.(ops|tails)", "records of handlers", "NISR, ISR_ELEM"),
    (r"\.bss\.ring", "console input", "CONSOLE_INPUT"),
    (r"\.bss\.(uses|panicked|deepest)", "measured stacks", "NSTACKUSE"),
    (r"\.bss\.(argbytes|argv|bootargs)", "boot arguments",
     "BOOTARGS_BYTES, BOOTARGS_WORDS"),
)


def setting(name):
    """(what, setting) of an input section, or None."""
    for pattern, what, by in SETTINGS:
        if re.match(pattern + r"($|\.)", name):
            return what, by
    return None


def sections(path):
    """{input section: bytes} of a map, of an image that may not exist."""
    with open(path, encoding="utf-8") as f:
        text = f.read().partition("Linker script and memory map")[2]
    text = re.sub(r"^( ?[.\w]\S*)\n +(?=0x)", r"\1 ", text, flags=re.M)
    found = {}
    for m in re.finditer(r"^ (\.\S+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) \S", text,
                         re.M):
        found[m[1]] = found.get(m[1], 0) + int(m[2], 16)
    return found


def advice(path):
    """The settings that take most of RAM."""
    by = {}
    for name, size in sections(path).items():
        s = setting(name)
        if s:
            by[s] = by.get(s, 0) + size
    most = sorted(by.items(), key=lambda x: -x[1])[:3]
    return ", ".join(f"{s[1]} ({s[0]}: {n})" for s, n in most)


def complaint(board, flash, ram, origin, path, said):
    over = {r: int(n) for r, n in re.findall(
        r"region `(\w+)' overflowed by (\d+) bytes", said)}
    m = re.search(r"address (0x[0-9a-f]+) of .* is not within region `FLASH'",
                  said)
    if m and "FLASH" not in over:
        over["FLASH"] = int(m[1], 16) - origin - flash
    if "RAM" in over:
        return f"{board}: the image needs {ram + over['RAM']} bytes of RAM, " \
            f"the board has {ram}; lower {advice(path)} in " \
            f"boards/{board}/board.h or by CONFIG="
    if "FLASH" in over:
        return f"{board}: the image needs {flash + over['FLASH']} bytes of " \
            f"flash at least, the board has {flash}; a smaller program, or " \
            f"SYMBOLS = func or none in boards/{board}/board.mk"
    return None


def main():
    board, flash, ram, origin, path, errors = sys.argv[1:]
    with open(errors, encoding="utf-8", errors="replace") as f:
        said = f.read()
    text = complaint(board, int(flash, 0), int(ram, 0), int(origin, 0), path,
                     said)
    if text:
        print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
