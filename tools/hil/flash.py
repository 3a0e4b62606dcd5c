#!/usr/bin/python3
"""flash.py builds a program for a board and writes it there, with verify and reset.

    tools/hil/flash.py --make make --build build --board NAME
                       [--with openocd|pyocd|st-flash|dfu-util] [--app FILE]
                       [--args WORDS] [--image ELF]

What can go wrong is one line: the image does not fit, the tool is missing, no
probe, no permission, another chip, a flash that does not hold what was written.
The tool's own words are in build/hil/NAME/flash.log. Status: 0, or 1.

The chip is asked who it is before anything is erased; dfu-util cannot (its boot
loader says nothing of the kind). OpenOCD and st-flash verify by themselves, for the
other two what was written is read back and compared here.
"""

import argparse
import os
import shlex
import struct
import subprocess
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)),
                os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             os.pardir)]
import setargs  # noqa: E402  (tools/setargs.py)
from board import Board  # noqa: E402
from trouble import Trouble, recognise  # noqa: E402

TOOLS = ("openocd", "pyocd", "st-flash", "dfu-util")
DFU = "0483:df11"  # ST's boot loader
PT_LOAD = 1


def segments(path):
    """[(address, bytes)] of what an image has in flash."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] != b"\x7fELF":
        raise Trouble("%s is no ELF image" % path)
    wide = data[4] == 2
    phoff, = struct.unpack_from("<Q" if wide else "<I", data,
                                32 if wide else 28)
    size, count = struct.unpack_from("<HH", data, 54 if wide else 42)
    found = []
    for i in range(count):
        at = phoff + i * size
        if wide:
            kind, _, offset, _, where, length = struct.unpack_from(
                "<IIQQQQ", data, at)
        else:
            kind, offset, _, where, length = struct.unpack_from(
                "<IIIII", data, at)
        if kind == PT_LOAD and length:
            found.append((where, data[offset:offset + length]))
    return sorted(found)


def must_fit(parts, values):
    low = int(values["flash_origin"], 0)
    size = int(values["flash_size"], 0)
    for where, data in parts:
        if where < low or where + len(data) > low + size:
            raise Trouble("the image does not fit: it has bytes from %#x to "
                          "%#x, the flash is %#x to %#x" % (
                              where, where + len(data), low, low + size))
    return sum(len(data) for _, data in parts)


def binary(parts):
    """(address, bytes) of all of it, with 0xff between."""
    low = parts[0][0]
    out = bytearray()
    for where, data in parts:
        out += b"\xff" * (where - low - len(out)) + data
    return low, bytes(out)


def tcl_chip(v):
    """OpenOCD's commands that end it where the chip is another one."""
    if not v.get("chip_id") or not v.get("chip_id_addr"):
        return []
    mask = int(v.get("chip_id_mask") or "0xffffffff", 0)
    want = int(v["chip_id"], 0) & mask
    return ["set id [expr {[lindex [read_memory %s 32 1] 0] & %#x}]" % (
        v["chip_id_addr"], mask),
        "if {$id != %#x} {echo [format {gzero: wrong chip 0x%%x, not %#x} $id]; "
        "shutdown error}" % (want, want)]


def openocd(v, image):
    words = ["openocd"]
    for w in v.get("openocd_adapter", "").split():
        words += ["-f", w]
    words += ["-f", v["openocd_cfg"]]
    for c in ["init", "reset halt"] + tcl_chip(v) + [
            "program {%s} verify reset exit" % image]:
        words += ["-c", c]
    return words


class Flasher:
    def __init__(self, values, folder, run=None):
        self.v, self.folder, self.said = values, folder, ""
        self.run = run or self.really_run

    def really_run(self, words):
        """(status, what it said)"""
        try:
            p = subprocess.run(words, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=300)
        except FileNotFoundError:
            raise Trouble("%s is missing: tools/deps.sh has not installed it" %
                          words[0])
        except subprocess.TimeoutExpired:
            raise Trouble("%s does not end (300 s)" % words[0])
        return p.returncode, p.stdout.decode(errors="replace")

    def tool(self, name, words, good=None):
        """Runs one; Trouble unless it ends well and says what it says then."""
        status, said = self.run(words)
        self.said += "$ %s\n%s\n" % (shlex.join(words), said)
        if status or (good and good not in said):
            lines = [w for w in said.split("\n") if w.strip()]
            raise Trouble(recognise(name, said) or "%s failed (status %d): %s"
                          % (name, status, lines[-1] if lines else "no word"))
        return said

    def path(self, name):
        return os.path.join(self.folder, name)

    def compare(self, name, want):
        with open(self.path(name), "rb") as f:
            got = f.read()
        if got[:len(want)] != want:
            at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b),
                      len(got))
            raise Trouble("verify failed: the flash does not hold what was "
                          "written, from byte %#x on" % at)

    def openocd(self, image, parts):
        if not self.v.get("openocd_cfg"):
            raise Trouble("board.mk names no OPENOCD_CFG")
        self.tool("openocd", openocd(self.v, image), "** Verified OK **")

    def pyocd(self, image, parts):
        target = self.v.get("pyocd_target")
        if not target:
            raise Trouble("board.mk names no PYOCD_TARGET")
        low, data = binary(parts)
        with open(self.path("image.bin"), "wb") as f:
            f.write(data)
        said = self.tool("pyocd", ["pyocd-flashtool", "-l"])
        if recognise("pyocd", said):  # pyocd-tool would wait for one
            raise Trouble(recognise("pyocd", said))
        if self.v.get("chip_id") and self.v.get("chip_id_addr"):
            said = self.tool("pyocd", ["pyocd-tool", "-t", target, "read32",
                                       self.v["chip_id_addr"]])
            mask = int(self.v.get("chip_id_mask") or "0xffffffff", 0)
            want = int(self.v["chip_id"], 0) & mask
            words = said.split(":")[-1].split()
            got = int(words[0], 16) & mask if words else None
            if got != want:
                raise Trouble("wrong chip: its id is %s, not %#x" % (
                    "%#x" % got if got is not None else "unknown", want))
        self.tool("pyocd", ["pyocd-flashtool", "-t", target, "-hp", "-a",
                            "%#x" % low, self.path("image.bin"), "bin"])
        self.tool("pyocd", ["pyocd-tool", "-t", target, "savemem", "%#x" % low,
                            "%d" % len(data), self.path("back.bin")])
        self.compare("back.bin", data)
        self.tool("pyocd", ["pyocd-tool", "-t", target, "reset"])

    def st_flash(self, image, parts):
        low, data = binary(parts)
        with open(self.path("image.bin"), "wb") as f:
            f.write(data)
        said = self.tool("st-flash", ["st-info", "--probe"])
        if recognise("st-flash", said):
            raise Trouble(recognise("st-flash", said))
        if self.v.get("chip_id"):
            said = self.tool("st-flash", ["st-info", "--chipid"])
            want = int(self.v["chip_id"], 0) & 0xfff
            got = [int(w, 16) for w in said.split() if w.startswith("0x")]
            if got and want not in got:
                raise Trouble("wrong chip: its id is %#x, not %#x" % (got[0],
                                                                     want))
        self.tool("st-flash", ["st-flash", "--reset", "write", self.path(
            "image.bin"), "%#x" % low], "Flash written and verified")

    def dfu_util(self, image, parts):
        low, data = binary(parts)
        with open(self.path("image.bin"), "wb") as f:
            f.write(data)
        dfu = ["dfu-util", "-a", "0", "-d", DFU]
        self.tool("dfu-util", dfu + ["-s", "%#x" % low, "-D",
                                     self.path("image.bin")])
        if os.path.exists(self.path("back.bin")):
            os.unlink(self.path("back.bin"))  # dfu-util writes no file twice
        self.tool("dfu-util", dfu + ["-s", "%#x:%d:leave" % (low, len(data)),
                                     "-U", self.path("back.bin")])
        self.compare("back.bin", data)


def choose(values, word):
    """The tool that is to do it."""
    can = (values.get("flash_tools") or values.get("flash_with") or "").split()
    word = word or values.get("flash_with") or ""
    if not can:
        raise Trouble("%s exists in QEMU only: nothing to flash" %
                      values["board"])
    if word not in TOOLS:
        raise Trouble("WITH=%s is not one of: %s" % (word, " ".join(TOOLS)))
    if word not in can:
        raise Trouble("WITH=%s does not know %s; what does: %s" % (
            word, values["board"], " ".join(can)))
    return word


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--board", required=True)
    p.add_argument("--with", dest="tool", default="")
    p.add_argument("--app", default="")
    p.add_argument("--args", default="")
    p.add_argument("--image", default="")
    o = p.parse_args()
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS", "ONLY"):
        os.environ.pop(name, None)
    folder = os.path.join(o.build, "hil", o.board)
    os.makedirs(folder, exist_ok=True)
    f = None
    try:
        board = Board(o.make, o.build, o.board)
        tool = choose(board.values, o.tool)
        image = o.image or board.image(o.app or board.values.get("app") or
                                       "examples/tour.c")
        if o.args:
            copy = os.path.join(folder, "flash.elf")
            try:
                setargs.write(image, copy, o.args)
            except setargs.Refused as e:
                raise Trouble(str(e))
            image = copy
        parts = segments(image)
        size = must_fit(parts, board.values)
        print("%s: %s, %d bytes, by %s" % (o.board, image, size, tool),
              flush=True)
        f = Flasher(board.values, folder)
        getattr(f, tool.replace("-", "_"))(image, parts)
    except Trouble as e:
        print("flash: %s" % e)
        return 1
    finally:
        if f is not None:
            with open(os.path.join(folder, "flash.log"), "w") as log:
                log.write(f.said)
    print("flash: written, verified, reset")
    return 0


if __name__ == "__main__":
    sys.exit(main())
