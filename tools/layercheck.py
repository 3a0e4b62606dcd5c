#!/usr/bin/env python3
"""layercheck.py: a directory is a layer, and includes point down.

    tools/layercheck.py                      the sources
    tools/layercheck.py --nm NM OBJECTS      a board's objects as well

What it holds the sources to:
  examples, tests, bench   go.h and libc; tests also each other's headers, bench
                 the tests' device
  pkg, libc      go.h, the kernel's public face (hooks.h, pool.h, atomic.h);
                 libc also arch.h, config.h
  kernel         arch.h, config.h, go.h, its own headers
  drivers, boards    arch.h, config.h, board.h, the interrupt interface, each
                 driver's own headers
  arch           arch.h, config.h, board.h, the drivers' and its own headers
  boot           everything but the kernel's private headers
  nobody includes a .c file; nobody outside arch, boot and tests asks the
  compiler which architecture it is; none of the kernel's rooms includes a header of
  newlib that is not freestanding
And the objects: arch/ and drivers/ use of kernel/ only what arch.h declares.

tests/{unit,weak,sim,sweep,soak,core} are free, and the two programs about interrupts
that FREE names: they take the kernel apart. A header whose name has no room
(stdio.h) is libc's.
"""

import glob
import os
import re
import subprocess
import sys

# Headers of C that need no library.
FREESTANDING = {"stdarg.h", "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h",
                "limits.h", "stdalign.h", "stdnoreturn.h", "float.h"}
# memcpy and its like are newlib's, but have no state.
PURE = FREESTANDING | {"string.h"}
PUBLIC = {"include/go.h", "include/go_inline.h", "include/go_cas.h"}
ARCH = {"include/arch.h", "include/config.h"}
HOOKS = {"kernel/hooks.h", "kernel/pool.h", "kernel/atomic.h"}

FREE = ("tests/unit/", "tests/weak/", "tests/sim/", "tests/sweep/", "tests/soak/",
        "tests/core/", "tests/exit/with/", "tests/exit/irq_at_boot.c",
        "tests/target/interrupt.c")

ROOMS = ("examples", "tests", "bench", "pkg", "libc", "kernel", "drivers",
         "boards", "arch", "boot", "include")

# An architecture's name in a preprocessor condition.
CONDITION = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif)\b.*"
                       r"(__riscv|__x86_64|__amd64|__i386|__arm__|__thumb|"
                       r"__ARM_|__aarch64|\bARCH_[A-Z0-9_]*(RISCV|ARM|X86))")
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def sources():
    for room in ROOMS:
        for pattern in ("*.c", "*.h", "*.S"):
            yield from sorted(glob.glob("%s/**/%s" % (room, pattern),
                                        recursive=True))


def resolve(path, kind, name):
    """The file in the tree that an #include means, or the bare name."""
    here = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if kind == '"' and os.path.exists(here):
        return here
    room = path.split("/")[0]
    places = ["include"]
    if room == "arch":
        places += ["/".join(path.split("/")[:2]) + "/include"]
    if room == "boot":
        places += [a + "/include" for a in glob.glob("arch/*")
                   if os.path.basename(path).startswith(os.path.basename(a))]
    if room in ("kernel", "pkg", "libc"):
        places.append("kernel")
    if room in ("arch", "boot", "drivers", "boards"):
        places.append("drivers")
    for place in places:
        if os.path.exists(os.path.join(place, name)):
            return os.path.join(place, name)
    if name == "board.h":
        return "boards/board.h"
    if name in ("arch_config.h", "arch_inline.h"):
        return "arch/" + name
    return name


def allowed(path, target):
    """May this file include that one?"""
    room, to = path.split("/")[0], target.split("/")[0]
    ours = to in ROOMS and "/" in target
    same = os.path.dirname(path) == os.path.dirname(target)
    if path.startswith(FREE):
        return True
    if room in ("examples", "tests", "bench"):
        return not ours or target in PUBLIC or same or \
            room == to == "tests" or \
            room == "bench" and target == "tests/target/device.h"
    if room in ("pkg", "libc"):
        return not ours or target in PUBLIC | HOOKS or same or \
            (room == "libc" and target in ARCH)
    if room == "kernel":
        return target in PURE | PUBLIC | ARCH or to == "kernel"
    if room in ("drivers", "boards"):
        return target in PURE | ARCH | HOOKS | PUBLIC or same or \
            to in ("boards", "drivers") or target == "arch/arch_config.h"
    if room == "arch":
        part = "/".join(path.split("/")[:2])
        return target in PURE | ARCH or to == "boards" or \
            to == "drivers" or target.startswith(part + "/") or \
            target.startswith("arch/arch_")
    if room == "boot":
        return not ours and target in PURE or to in ("include", "arch",
                                                     "boards", "drivers",
                                                     "boot")
    if room == "include":
        return target in FREESTANDING or to in ("include", "boards") or \
            target.startswith("arch/arch_")
    return False


def check_sources():
    wrong = 0
    for path in sources():
        free = path.split("/")[0] in ("arch", "boot", "tests")
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                m = INCLUDE.match(line)
                if m:
                    target = resolve(path, *m.groups())
                    if target.endswith(".c") and \
                       not path.startswith(("tests/unit/", "tests/weak/")):
                        print("%s:%d: includes a .c file" % (path, number))
                        wrong += 1
                    elif not allowed(path, target):
                        print("%s:%d: %s may not include %s" % (
                            path, number, path.split("/")[0], target))
                        wrong += 1
                if not free and CONDITION.match(line):
                    print("%s:%d: asks for an architecture" % (path, number))
                    wrong += 1
    return wrong


def symbols(nm, path, options):
    out = subprocess.run([nm, *options, path], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[-1] for line in out.split("\n") if line.strip()}


def check_objects(nm, objects):
    with open("include/arch.h") as f:
        contract = set(re.findall(r"\b[A-Za-z_]\w*\b", f.read()))
    kernel = set()
    for path in objects:
        if "/kernel/" in path:
            kernel |= symbols(nm, path, ["-g", "--defined-only"])
    wrong = 0
    for path in objects:
        if "/arch/" in path or "/drivers/" in path:
            for name in sorted((symbols(nm, path, ["-u"]) & kernel) -
                               contract):
                print("%s: uses the kernel's %s, which is not in arch.h" %
                      (path, name))
                wrong += 1
    return wrong


def main():
    if sys.argv[1:2] == ["--nm"]:
        wrong = check_objects(sys.argv[2], sys.argv[3:])
    else:
        wrong = check_sources()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
