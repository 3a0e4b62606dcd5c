#!/usr/bin/env python3
"""boards.py prints the table of `make boards`, from the files that the Makefile
writes about each board (see MACHINE_TEXT there).

    tools/boards.py build/<board>/machine...
"""

import sys

HEADS = ("board", "architecture", "core", "flash", "RAM", "how it is tested",
         "flashed by")


def size(text):
    """0x2000 is "8 KB"."""
    n = int(text or "0", 0)
    if n == 0:
        return "-"
    for unit, name in ((1 << 20, "MB"), (1 << 10, "KB")):
        if n % unit == 0:
            return f"{n // unit} {name}"
    return f"{n} B"


def tested(m):
    tests = m["tests"] or "nothing"
    if m["checked"] == "qemu":
        return f"in QEMU: {tests}"
    if m["checked"] == "link":
        near = f"; {m['standin']} is near" if m["standin"] else ""
        return f"links, layout checked{near}"
    return "in QEMU" if m["qemu"] else "-"


def main():
    rows = [HEADS]
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as f:
            m = dict(x.rstrip("\n").split("=", 1) for x in f if "=" in x)
        rows.append((m["board"], m["arch"], m["core"] or "-",
                     size(m["flash_size"]), size(m["ram_size"]), tested(m),
                     m["flash_tools"] or m["flash_with"] or "-"))
    wide = [max(len(r[i]) for r in rows) for i in range(len(HEADS))]
    for r in [rows[0]] + sorted(rows[1:], key=lambda r: (r[1], r[0])):
        print("  ".join(c.ljust(w) for c, w in zip(r, wide)).rstrip())


if __name__ == "__main__":
    main()
