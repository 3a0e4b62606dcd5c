#!/usr/bin/env python3
"""mksymtab.py makes the tables by which an image prints its own tracebacks.

    tools/mksymtab.py --out FILE.S [--cross PREFIX] [--level none|func|line]
                      [--root DIR]... [--stats] IMAGE.elf

It reads a linked ELF file with debug information and writes an assembly file
with one section, .gzsym, that a second link puts behind everything else.
kernel/traceback.c is the reader; the two must change together.

    header   8 words: magic, bits to clear in a pc, bytes of text, rows of
             funcs, unwind and lines, entries of files, rule at the first
             instruction of a function
    funcs    row: pc, offset of the name in strings
    unwind   row: pc, rule
    lines    row: pc, file << 20 | line        (only with --level line)
    files    word: offset of the name in strings
    strings  each ends with a zero byte; the first one is empty

A row is two 32-bit words and holds from its pc, an offset from __text_start,
to the next row's. A rule says where the caller's frame is, all in machine
words, CFA being the value of sp before the call:

    bits 0-2    0 unknown, 1 CFA = sp + n, 2 CFA = fp + n, 3 end of the stack
    bits 3-8    return address is this far below CFA; 0: still in its register
    bits 9-14   caller's fp is this far below CFA; 0: fp is unchanged
    bits 15-31  n

The ELF and DWARF (line tables of versions 2 to 5, call frames of .debug_frame
and .eh_frame) are read directly: that takes a tenth of a second where parsing
the text of readelf and objdump takes several times that, and no version of
binutils can change it. What gcc does not describe by the rules above (a CFA in
another register, as in the prologue of a function that realigns its stack) is
unknown: a walk ends there.

Assembly often has no call frame information, and newlib's memcpy, memset and
strlen, where programs like to crash, are such; so is libgcc, of which Debian
strips what gcc had said. These functions are read through objdump: as long as
sp changes by pushes, pops and additions, the rule is known after all.
"""

import argparse
import bisect
import os
import re
import struct
import subprocess
import sys
import zlib

MAGIC = 0x677A7331

UNKNOWN, SP, FP, END = range(4)

# Rule at the first instruction of a function: CFA = sp, return address in its
# register; on x86_64 the call has pushed it.
ENTRY_REG = SP
ENTRY_X86 = SP | 1 << 3 | 1 << 15

# e_machine: (name, DWARF number of sp, fp, return address, pc mask, entry)
MACHINES = {
    40: ("arm", 13, 7, 14, 1, ENTRY_REG),
    62: ("x86_64", 7, 6, 16, 0, ENTRY_X86),
    243: ("riscv", 2, 8, 1, 0, ENTRY_REG),
}


class Elf:
    """Sections and symbols of a little-endian ELF file."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        ident = self.data[:16]
        if ident[:4] != b"\x7fELF" or ident[5] != 1:
            raise SystemExit(f"{path}: not a little-endian ELF file")
        self.word = 8 if ident[4] == 2 else 4
        head = "<HHIQQQIHHHHHH" if self.word == 8 else "<HHIIIIIHHHHHH"
        fields = struct.unpack_from(head, self.data, 16)
        machine, shoff, shentsize, shnum, shstrndx = (
            fields[1], fields[5], fields[10], fields[11], fields[12])
        if machine not in MACHINES:
            raise SystemExit(f"{path}: machine {machine} is not known here")
        (self.machine, self.sp, self.fp, self.ra, self.pcmask,
         self.entry) = MACHINES[machine]
        form = "<IIQQQQIIQQ" if self.word == 8 else "<IIIIIIIIII"
        heads = [struct.unpack_from(form, self.data, shoff + i * shentsize)
                 for i in range(shnum)]
        names = heads[shstrndx][4]
        self.heads = heads
        self.names = []  # of the sections, in order
        self.sections = {}
        for i, h in enumerate(heads):
            end = self.data.index(b"\0", names + h[0])
            name = self.data[names + h[0]:end].decode()
            self.names.append(name)
            self.sections.setdefault(name, i)

    def section(self, name):
        """(address, bytes) of a section, (0, b"") if there is none."""
        i = self.sections.get(name)
        if i is None or self.heads[i][1] == 8:  # SHT_NOBITS
            return 0, b""
        h = self.heads[i]
        raw = self.data[h[4]:h[4] + h[5]]
        if h[2] & 0x800:  # SHF_COMPRESSED
            raw = zlib.decompress(raw[24 if self.word == 8 else 12:])
        return h[3], raw

    def symbols(self):
        """(name, value, size, type, binding) of each symbol."""
        i = self.sections.get(".symtab")
        if i is None:
            raise SystemExit("the image has no symbol table")
        h = self.heads[i]
        strings = self.heads[h[6]]
        strtab = self.data[strings[4]:strings[4] + strings[5]]
        raw = self.data[h[4]:h[4] + h[5]]
        if self.word == 8:
            rows = ((n, v, s, info) for n, info, _, _, v, s
                    in struct.iter_unpack("<IBBHQQ", raw))
        else:
            rows = ((n, v, s, info) for n, v, s, info, _, _
                    in struct.iter_unpack("<IIIBBH", raw))
        for n, v, s, info in rows:
            name = strtab[n:strtab.index(b"\0", n)].decode()
            yield name, v, s, info & 15, info >> 4


class Reader:
    """A cursor over bytes."""

    def __init__(self, data, pos, end, word):
        self.data, self.pos, self.end, self.word = data, pos, end, word

    def u(self, n):
        v = int.from_bytes(self.data[self.pos:self.pos + n], "little")
        self.pos += n
        return v

    def s(self, n):
        v = int.from_bytes(self.data[self.pos:self.pos + n], "little",
                           signed=True)
        self.pos += n
        return v

    def uleb(self):
        v = shift = 0
        while True:
            b = self.data[self.pos]
            self.pos += 1
            v |= (b & 0x7F) << shift
            shift += 7
            if b < 0x80:
                return v

    def sleb(self):
        v = shift = 0
        while True:
            b = self.data[self.pos]
            self.pos += 1
            v |= (b & 0x7F) << shift
            shift += 7
            if b < 0x80:
                return v - (1 << shift) if b & 0x40 else v

    def string(self):
        end = self.data.index(b"\0", self.pos)
        v = self.data[self.pos:end].decode(errors="replace")
        self.pos = end + 1
        return v


# ---- Functions --------------------------------------------------------------

STT_NOTYPE, STT_FUNC = 0, 2
STB_GLOBAL, STB_WEAK = 1, 2


class Text:
    """The code of the image: its bounds and its functions."""

    def __init__(self, elf):
        bounds = {}
        best = {}
        for name, value, size, kind, binding in elf.symbols():
            if name in ("__text_start", "__text_end"):
                bounds[name] = value
            elif kind == STT_FUNC and name or (
                    # Assembly's; names like these are the linker script's.
                    kind == STT_NOTYPE and binding == STB_GLOBAL and
                    not re.search("_(start|end)$|^_*(text|etext)", name)):
                pc = value & ~elf.pcmask
                rank = (kind == STT_FUNC, binding == STB_GLOBAL, size > 0,
                        binding == STB_WEAK, not name.startswith("_"))
                if pc not in best or rank > best[pc][0]:
                    best[pc] = (rank, name, size)
        if len(bounds) != 2:
            raise SystemExit("the image lacks __text_start or __text_end")
        self.start = bounds["__text_start"]
        self.end = bounds["__text_end"]
        self.funcs = sorted((pc, pc + size, name)
                            for pc, (_, name, size) in best.items()
                            if self.start <= pc < self.end)
        self.entries = {pc for pc, _, _ in self.funcs}

    def has(self, pc):
        """Is pc in the text? What --gc-sections dropped is at 0, which may
        be an address of the text but is never the start of a function."""
        return (self.start <= pc < self.end and
                (pc != 0 or pc in self.entries))


def plain(name):
    """The name in the source: gcc marks its own copies by suffixes."""
    return re.split(r"\.(constprop|isra|part|cold|lto_priv|localalias)\b",
                    name)[0]


def funcrows(text, strings):
    rows = []
    for i, (pc, end, name) in enumerate(text.funcs):
        rows.append((pc - text.start, strings.add(plain(name))))
        after = text.funcs[i + 1][0] if i + 1 < len(text.funcs) else text.end
        if end > pc and after - end >= 64:  # no padding: something else
            rows.append((end - text.start, 0))
    return rows


# ---- Call frames ------------------------------------------------------------

class Frames:
    """Interpreter of .debug_frame and .eh_frame."""

    def __init__(self, elf, text):
        self.elf, self.text = elf, text
        self.found = {}  # start: (end, [(pc, rule)])

    def read(self, name):
        base, data = self.elf.section(name)
        iseh = name == ".eh_frame"
        cies = {}
        pos = 0
        while pos + 4 <= len(data):
            r = Reader(data, pos, len(data), self.elf.word)
            length = r.u(4)
            if length == 0 or length == 0xFFFFFFFF:  # 64-bit DWARF: not here
                break
            start = r.pos
            r.end = pos = start + length
            ident = r.u(4)
            if ident == (0 if iseh else 0xFFFFFFFF):
                continue
            ciepos = start - ident if iseh else ident
            if ciepos not in cies:
                cies[ciepos] = self.cie(data, ciepos, iseh)
            self.fde(r, cies[ciepos], base if iseh else None)

    def cie(self, data, pos, iseh):
        r = Reader(data, pos, len(data), self.elf.word)
        r.end = r.u(4) + pos + 4
        r.u(4)
        version = r.u(1)
        aug = r.string()
        if version >= 4:
            r.u(2)
        code, align = r.uleb(), r.sleb()
        ra = r.u(1) if version == 1 else r.uleb()
        encoding = 0
        if aug.startswith("z"):
            size = r.uleb()
            after = r.pos + size
            for c in aug[1:]:
                if c == "R":
                    encoding = r.u(1)
                elif c == "P":
                    self.pointer(r, r.u(1), None)
                elif c == "L":
                    r.u(1)
            r.pos = after
        return {"code": code, "align": align, "ra": ra, "aug": aug,
                "encoding": encoding, "insns": (r.pos, r.end)}

    def pointer(self, r, encoding, base):
        if encoding == 0xFF:
            return 0
        here = r.pos
        size = {0: self.elf.word, 2: 2, 3: 4, 4: 8}.get(encoding & 7)
        if size is None:
            raise SystemExit(f"call frames: pointer encoding {encoding:#x}")
        v = r.s(size) if encoding & 8 else r.u(size)
        if encoding & 0x70 == 0x10 and base is not None:
            v += base + here
        return v & (1 << 8 * self.elf.word) - 1

    def fde(self, r, cie, base):
        pc = self.pointer(r, cie["encoding"], base) & ~self.elf.pcmask
        size = self.pointer(r, cie["encoding"] & 0x0F, None)
        if not self.text.has(pc) or size == 0 or pc in self.found:
            return
        if cie["aug"].startswith("z"):
            n = r.uleb()
            r.pos += n
        rows = []
        self.run(r, cie, pc, rows)
        self.found[pc] = (pc + size, rows)

    def rule(self, cfa, regs, ra):
        """The row's second word for a state of the interpreter."""
        elf = self.elf
        where = regs.get(ra)
        if where == "undefined":
            return END
        if cfa is None or cfa[0] not in (elf.sp, elf.fp):
            return UNKNOWN
        n, odd = divmod(cfa[1], elf.word)
        fields = []
        for what in (where, regs.get(elf.fp)):
            if what in (None, "undefined"):
                fields.append(0)
            elif what == "other" or what % elf.word or what >= 0:
                return UNKNOWN
            else:
                fields.append(-what // elf.word)
        if odd or not 0 <= n < 1 << 17 or max(fields) > 63:
            return UNKNOWN
        return ((SP if cfa[0] == elf.sp else FP) | fields[0] << 3 |
                fields[1] << 9 | n << 15)

    def run(self, r, cie, pc, rows):
        """Append to rows what the instructions of r's FDE say."""
        state = [None, {}]  # CFA as (register, offset), register: offset
        begin, end = cie["insns"]
        self.insns(Reader(r.data, begin, end, r.word), cie, pc, state, None,
                   None)
        initial = dict(state[1])
        self.insns(r, cie, pc, state, initial, rows)

    def insns(self, r, cie, pc, state, initial, rows):
        code, align, ra = cie["code"], cie["align"], cie["ra"]
        cfa, regs = state
        keep = (ra, self.elf.fp)
        stack = []
        last = None

        def note(at):
            nonlocal last
            value = self.rule(cfa, regs, ra)
            if rows and rows[-1][0] == at:
                rows.pop()
                last = rows[-1][1] if rows else None
            if value != last:
                rows.append((at, value))
                last = value

        def put(reg, what):
            if reg in keep:
                regs[reg] = what

        def restore(reg):
            if reg in keep:
                regs.pop(reg, None)
                if initial and reg in initial:
                    regs[reg] = initial[reg]

        while r.pos < r.end:
            op = r.u(1)
            low = op & 0x3F
            if op >= 0xC0:  # restore
                restore(low)
            elif op >= 0x80:  # offset
                put(low, r.uleb() * align)
            elif op >= 0x40 or op in (1, 2, 3, 4):  # advance_loc*
                if rows is not None:
                    note(pc)
                if op >= 0x40:
                    pc += low * code
                elif op == 1:
                    pc = r.u(self.elf.word)
                else:
                    pc += r.u(1 << op - 2) * code
            elif op == 0x00 or op == 0x2D:  # nop, GNU_window_save
                pass
            elif op == 0x05:  # offset_extended
                reg = r.uleb()
                put(reg, r.uleb() * align)
            elif op == 0x06:
                restore(r.uleb())
            elif op == 0x07:
                put(r.uleb(), "undefined")
            elif op == 0x08:  # same_value
                regs.pop(r.uleb(), None)
            elif op == 0x09:  # register
                reg = r.uleb()
                r.uleb()
                put(reg, "other")
            elif op == 0x0A:  # remember_state
                stack.append((cfa, dict(regs)))
            elif op == 0x0B:  # restore_state
                cfa, regs = stack.pop()
            elif op == 0x0C:  # def_cfa
                reg = r.uleb()
                cfa = (reg, r.uleb())
            elif op == 0x0D:  # def_cfa_register
                cfa = (r.uleb(), cfa[1] if cfa else 0)
            elif op == 0x0E:  # def_cfa_offset
                n = r.uleb()
                cfa = (cfa[0], n) if cfa else None
            elif op == 0x0F:  # def_cfa_expression
                n = r.uleb()
                r.pos += n
                cfa = None
            elif op in (0x10, 0x16):  # expression, val_expression
                reg = r.uleb()
                n = r.uleb()
                r.pos += n
                put(reg, "other")
            elif op == 0x11:  # offset_extended_sf
                reg = r.uleb()
                put(reg, r.sleb() * align)
            elif op == 0x12:  # def_cfa_sf
                reg = r.uleb()
                cfa = (reg, r.sleb() * align)
            elif op == 0x13:  # def_cfa_offset_sf
                n = r.sleb() * align
                cfa = (cfa[0], n) if cfa else None
            elif op in (0x14, 0x15):  # val_offset, val_offset_sf
                reg = r.uleb()
                r.sleb()
                put(reg, "other")
            elif op == 0x2E:  # GNU_args_size
                r.uleb()
            else:
                raise SystemExit(f"call frames: operation {op:#x}")
        if rows is not None:
            note(pc)
        state[0], state[1] = cfa, regs


class State:
    """Where a function's frame is, at one instruction: how far sp is below
    CFA, and how far below CFA the return address and the caller's fp are; 0:
    they are in their registers."""

    def __init__(self, depth, ra=0, fp=0, known=True):
        self.depth, self.ra, self.fp, self.known = depth, ra, fp, known

    def but(self, **changes):
        return State(**{**vars(self), **changes})

    def kept(self):
        """Orders the states of a prologue."""
        return self.depth, (self.ra > 0) + (self.fp > 0)

    def rule(self, word):
        values = (self.depth, self.ra, self.fp)
        if (not self.known or min(values) < 0 or any(v % word for v in values)
                or max(self.ra, self.fp) > 63 * word):
            return UNKNOWN
        return (SP | self.ra // word << 3 | self.fp // word << 9 |
                self.depth // word << 15)


class Riscv:
    """What an instruction does to a State. step() returns the new State, and
    whether the next instruction is not where it goes on."""

    start = State(0)
    ends = re.compile(r"(ret|j|jr|tail|mret)(\s|$)")
    adds = re.compile(r"addi?\s+sp,sp,(-?\d+)")
    moves = re.compile(r"([sl])d\s+(ra|s0),(\d+)\(sp\)")
    calls = re.compile(r"(jal|jalr|call)\s")
    spoils = re.compile(r"(?!s[bhwd]\s|b\w+\s)\S+\s+(sp|ra),|jal\s+t0,")

    def step(self, s, text):
        if m := self.adds.match(text):
            s = s.but(depth=s.depth - int(m[1]))
        elif m := self.moves.match(text):
            reg, where = "ra" if m[2] == "ra" else "fp", s.depth - int(m[3])
            if m[1] == "s" and getattr(s, reg) == 0:
                s = s.but(**{reg: where})
            elif m[1] == "l" and getattr(s, reg) == where:
                s = s.but(**{reg: 0})
        elif self.spoils.match(text) or self.calls.match(text):
            reg = re.match(r"\S+\s+ra,", text) or self.calls.match(text)
            if not (reg and s.ra):
                s = s.but(known=False)
        return s, bool(self.ends.match(text))


class Arm:
    """The same for Thumb-2."""

    start = State(0)
    ends = re.compile(r"(b|b\.[nw]|bx|tb[bh])\s|.*\bpc$|udf")
    lists = re.compile(r"(push|pop|stmdb|ldmia|vpush|vpop)(?:\.w)?\s+"
                       r"(?:sp!, )?\{(.*)\}")
    adds = re.compile(r"(add|sub)w?(?:\.w)?\s+(?:sp, )?sp, #(\d+)")
    pushes = re.compile(r"str(d?)(?:\.w)?\s+(.*), \[sp, #-(\d+)\]!")
    pops = re.compile(r"ldr(d?)(?:\.w)?\s+(.*), \[sp\], #(\d+)")
    reload = re.compile(r"ldr(?:\.w)?\s+lr, \[sp(?:, #(\d+))?\]$")
    calls = re.compile(r"blx?\s")
    spoils = re.compile(r"(?!v?str|cmp|cmn|tst|teq|push|bx|it)\S+\s+(sp|lr)\b")

    @staticmethod
    def registers(text):
        """[name] of a list as objdump writes it, lowest first."""
        names = ["r%d" % i for i in range(10)] + [
            "sl", "fp", "ip", "sp", "lr", "pc"] + ["d%d" % i
                                                   for i in range(32)]
        result = []
        for part in text.replace(" ", "").split(","):
            first, _, last = part.partition("-")
            if first.startswith("s") and first[1:].isdigit():
                return None  # single precision: nobody's
            i = names.index(first)
            result += names[i:names.index(last or first) + 1]
        return result

    def put(self, s, regs, size):
        """regs, lowest first, go below sp."""
        s = s.but(depth=s.depth + size)
        for i, reg in enumerate(regs):
            if reg == "lr" and not s.ra:
                s = s.but(ra=s.depth - 4 * i)
            elif reg == "r7" and not s.fp:
                s = s.but(fp=s.depth - 4 * i)
        return s

    def take(self, s, regs, size):
        s = s.but(depth=s.depth - size)
        if "lr" in regs or s.ra > s.depth and "pc" in regs:
            s = s.but(ra=0)
        return s.but(fp=0) if "r7" in regs else s

    def step(self, s, text):
        end = bool(self.ends.match(text))
        if m := self.lists.match(text):
            if "sp!" not in text and m[1] in ("stmdb", "ldmia"):
                return s, end
            regs = self.registers(m[2])
            if regs is None:
                return s.but(known=False), end
            size = len(regs) * (8 if m[1].startswith("v") else 4)
            if m[1] in ("push", "stmdb", "vpush"):
                return self.put(s, regs, size), end
            return self.take(s, regs, size), "pc" in regs
        if m := self.adds.match(text):
            n = int(m[2])
            return s.but(depth=s.depth + (n if m[1] == "sub" else -n)), end
        if m := self.pushes.match(text):
            return self.put(s, m[2].split(", "), int(m[3])), end
        if m := self.pops.match(text):
            return self.take(s, m[2].split(", "), int(m[3])), end
        m = self.reload.match(text)
        if m and s.depth - int(m[1] or 0) == s.ra:
            return s.but(ra=0), end
        if self.calls.match(text) or re.match(r"(?!v?str)\S+\s+lr,", text):
            return s.but(known=s.known and s.ra > 0), end
        return s.but(known=s.known and not self.spoils.match(text)), end


class X86:
    """The same for x86_64, in AT&T's syntax."""

    start = State(8, ra=8)
    ends = re.compile(r"(ret|jmp|ud2|hlt|iretq)\b")
    stack = re.compile(r"(push|pop)q?\s+%(r\w+)$")
    adds = re.compile(r"(add|sub)q?\s+\$(-?0x[0-9a-f]+),%rsp")
    spoils = re.compile(r"(?!cmp|test)[^#]*,%[re]?sp$|leave|enter|push|pop")

    def step(self, s, text):
        if m := self.stack.match(text):
            if m[1] == "push":
                s = s.but(depth=s.depth + 8)
                if m[2] == "rbp" and not s.fp:
                    s = s.but(fp=s.depth)
            else:
                if m[2] == "rbp" and s.fp == s.depth:
                    s = s.but(fp=0)
                s = s.but(depth=s.depth - 8, known=s.known and m[2] != "rsp")
        elif m := self.adds.match(text):
            n = int(m[2], 16)
            s = s.but(depth=s.depth + (n if m[1] == "sub" else -n))
        elif self.spoils.match(text):
            s = s.but(known=False)
        return s, bool(self.ends.match(text))


class Assembly:
    """Unwind rows for functions without call frame information."""

    def __init__(self, elf, path, cross):
        self.word, self.path, self.cross = elf.word, path, cross
        self.insns = None
        self.isa = {"riscv": Riscv, "arm": Arm, "x86_64": X86}[elf.machine]()

    def listing(self, pc, end):
        """(pc, instruction) for each instruction of [pc, end)."""
        if self.insns is None:
            r = subprocess.run(
                [f"{self.cross}objdump", "-d", "--no-show-raw-insn",
                 self.path], stdout=subprocess.PIPE, check=True, text=True)
            self.insns = [
                (int(at, 16), re.split(r"\s(?:[@;]|# )", text)[0].strip())
                for at, text in re.findall(r"^ *([0-9a-f]+):\t(.*)$",
                                           r.stdout, re.M)]
            self.insns.sort()
        i = bisect.bisect_left(self.insns, (pc,))
        while i < len(self.insns) and self.insns[i][0] < end:
            yield self.insns[i]
            i += 1

    def rows(self, pc, end):
        """Unwind rows of [pc, end), in one pass: behind what does not go on to
        the next instruction, the state is that of the branch which came to
        it, or else that of the function's body."""
        state = body = self.isa.start
        branches, rows, last = {}, [], None
        for at, text in self.listing(pc, end):
            if state is None:
                state = branches.get(at, body)
            if state.known and state.kept() >= body.kept():
                body = state
            rule = state.rule(self.word)
            if rule != last:
                rows.append((at, rule))
                last = rule
            state, ended = self.isa.step(state, text)
            if m := re.search(r"\b([0-9a-f]+) <", text):
                branches.setdefault(int(m[1], 16), state)
            if ended:
                state = None
        return rows


def unwindrows(elf, text, assembly):
    frames = Frames(elf, text)
    frames.read(".debug_frame")
    frames.read(".eh_frame")
    for i, (pc, end, _) in enumerate(text.funcs):
        after = text.funcs[i + 1][0] if i + 1 < len(text.funcs) else text.end
        end = end if end > pc else after
        if pc not in frames.found:
            frames.found[pc] = (end, assembly.rows(pc, end))
    fdes = sorted((pc, end, rows) for pc, (end, rows) in frames.found.items())
    starts = sorted(text.entries)
    rows = []

    def add(pc, rule):
        if not rows or rows[-1][1] != rule:
            rows.append((pc - text.start, rule))

    add(text.start, UNKNOWN)
    for i, (pc, end, body) in enumerate(fdes):
        after = fdes[i + 1][0] if i + 1 < len(fdes) else text.end
        for at, rule in body:
            if at < min(end, after):
                add(at, rule)
        # A gap is padding unless it is large or has a function in it.
        if after - end >= 64 or any_between(starts, end, after):
            add(end, UNKNOWN)
    return rows


def any_between(sorted_values, lo, hi):
    """Is one of them in [lo, hi)?"""
    i = bisect.bisect_left(sorted_values, lo)
    return i < len(sorted_values) and sorted_values[i] < hi


# ---- Lines ------------------------------------------------------------------

class Lines:
    """Reader of .debug_line."""

    def __init__(self, elf, text, name_of):
        self.elf, self.text, self.name_of = elf, text, name_of
        self.strs = {0x1F: elf.section(".debug_line_str")[1],
                     0x0E: elf.section(".debug_str")[1]}
        self.rows = []  # (pc, order, file name or None, line)

    def read(self):
        data = self.elf.section(".debug_line")[1]
        pos = 0
        while pos + 4 <= len(data):
            r = Reader(data, pos, len(data), self.elf.word)
            length = r.u(4)
            if length == 0xFFFFFFFF:
                raise SystemExit("line table: 64-bit DWARF")
            r.end = pos = r.pos + length
            self.unit(r)

    def form(self, r, form):
        if form in self.strs:  # strp, line_strp
            at = r.u(4)
            s = self.strs[form]
            return s[at:s.index(b"\0", at)].decode(errors="replace")
        if form == 0x08:
            return r.string()
        if form == 0x0F:
            return r.uleb()
        if form == 0x09:  # block
            n = r.uleb()
            r.pos += n
            return None
        sizes = {0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1E: 16}
        if form not in sizes:
            raise SystemExit(f"line table: form {form:#x}")
        return r.u(sizes[form])

    def entries(self, r):
        """A directory or file list of version 5: [(path, directory)]."""
        forms = [(r.uleb(), r.uleb()) for _ in range(r.u(1))]
        result = []
        for _ in range(r.uleb()):
            path, directory = "", 0
            for what, form in forms:
                v = self.form(r, form)
                if what == 1:
                    path = v
                elif what == 2:
                    directory = v
            result.append((path, directory))
        return result

    def unit(self, r):
        version = r.u(2)
        if version >= 5:
            r.u(2)
        headlen = r.u(4)
        program = r.pos + headlen
        minlen = r.u(1)
        if version >= 4:
            r.u(1)
        r.u(1)
        base, width, opbase = r.s(1), r.u(1), r.u(1)
        lengths = [0] + [r.u(1) for _ in range(opbase - 1)]
        if version >= 5:
            dirs = [d for d, _ in self.entries(r)]
            files = self.entries(r)
        else:
            dirs, files = [""], [("", 0)]
            while name := r.string():
                dirs.append(name)
            while name := r.string():
                files.append((name, r.uleb()))
                r.uleb()
                r.uleb()
        dirs = [os.path.join(dirs[0], d) for d in dirs]
        names = [self.name_of(os.path.join(dirs[d], f)) for f, d in files]
        r.pos = program
        self.program(r, minlen, base, width, opbase, lengths, names)

    def program(self, r, minlen, base, width, opbase, lengths, names):
        rows = []
        pc, file, line = 0, 1, 1
        while r.pos < r.end:
            op = r.data[r.pos]
            r.pos += 1
            if op >= opbase:
                op -= opbase
                pc += op // width * minlen
                line += base + op % width
                rows.append((pc, file, line))
            elif op == 1:  # copy
                rows.append((pc, file, line))
            elif op == 2:
                pc += r.uleb() * minlen
            elif op == 3:
                line += r.sleb()
            elif op == 4:
                file = r.uleb()
            elif op == 8:
                pc += (255 - opbase) // width * minlen
            elif op == 9:
                pc += r.u(2)
            elif op == 0:
                size = r.uleb()
                after = r.pos + size
                sub = r.u(1)
                if sub == 1:  # end of sequence
                    self.sequence(rows, pc, names)
                    rows = []
                    pc, file, line = 0, 1, 1
                elif sub == 2:
                    pc = r.u(size - 1)
                r.pos = after
            else:
                for _ in range(lengths[op]):
                    r.uleb()

    def sequence(self, rows, end, names):
        if not rows or not self.text.has(rows[0][0] & ~self.elf.pcmask):
            return
        for pc, file, line in rows:
            self.rows.append((pc, 1, names[file], line))
        self.rows.append((end, 0, None, 0))


def shortener(roots):
    """A function from a path to what a traceback shows: relative to a root,
    or, for files that are not the project's (newlib, libgcc), the name."""
    roots = [os.path.realpath(d) + os.sep for d in roots]
    cache = {}

    def short(path):
        if path not in cache:
            full = os.path.normpath(path)
            shown = full if not os.path.isabs(full) else None
            for root in roots:
                if shown is None and full.startswith(root):
                    shown = full[len(root):]
            if shown is None or re.match(r"(\.\.|build|newlib)/", shown):
                shown = os.path.basename(full)
            cache[path] = shown
        return cache[path]
    return short


def linerows(elf, text, strings, roots):
    lines = Lines(elf, text, shortener(roots))
    lines.read()
    files, index, rows = [], {}, []
    # At equal addresses the end of a sequence goes first and the last line of
    # the table wins, as in gdb.
    lines.rows.sort(key=lambda row: row[:2])
    for pc, _, name, line in lines.rows:
        value = 0
        if line and name is not None:
            if name not in index:
                index[name] = len(files)
                files.append(strings.add(name))
            value = index[name] << 20 | min(line, (1 << 20) - 1)
        at = pc - text.start
        if rows and rows[-1][0] == at:
            rows.pop()
        if not rows or rows[-1][1] != value:
            rows.append((at, value))
    if len(files) > 4096:
        raise SystemExit(f"{len(files)} source files; the table holds 4096")
    return rows, files


# ---- Output -----------------------------------------------------------------

class Strings:
    def __init__(self):
        self.offsets = {"": 0}
        self.size = 1

    def add(self, s):
        if s not in self.offsets:
            self.offsets[s] = self.size
            self.size += len(s.encode()) + 1
        return self.offsets[s]

    def emit(self, out):
        for s in self.offsets:
            text = "".join(c if c.isprintable() and c not in '"\\' and
                           c.isascii() else
                           "".join(f"\\{b:03o}" for b in c.encode())
                           for c in s)
            out.append(f'\t.asciz "{text}"')


def words(out, values):
    values = list(values)
    for i in range(0, len(values), 16):
        out.append("\t.long " + ",".join(map(str, values[i:i + 16])))


def flat(rows):
    return (v for row in rows for v in row)


def table(elf, level, roots, assembly):
    """The lines of the assembly file, and the sizes for --stats."""
    out = ["// Made by tools/mksymtab.py; see there.",
           '\t.section .gzsym,"a",%progbits']
    if level == "none":
        return out, {}
    text, strings = Text(elf), Strings()
    funcs = funcrows(text, strings)
    unwind = unwindrows(elf, text, assembly)
    lines, files = [], []
    if level == "line":
        lines, files = linerows(elf, text, strings, roots)
    out.append("\t.balign 8")
    words(out, [MAGIC, elf.pcmask, text.end - text.start, len(funcs),
                len(unwind), len(lines), len(files), elf.entry])
    for rows in (funcs, unwind, lines):
        words(out, flat(rows))
    words(out, files)
    strings.emit(out)
    return out, {"functions": 8 * len(funcs), "unwind": 8 * len(unwind),
                 "lines": 8 * len(lines) + 4 * len(files),
                 "strings": strings.size, "text": text.end - text.start}


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--out", required=True, help="assembly file to write")
    p.add_argument("--level", choices=["none", "func", "line"],
                   default="line")
    p.add_argument("--root", action="append", default=[], metavar="DIR",
                   help="show files below DIR relative to it")
    p.add_argument("--cross", default="", help="prefix of objdump")
    p.add_argument("--stats", action="store_true", help="print table sizes")
    p.add_argument("image")
    a = p.parse_args()

    elf = Elf(a.image)
    out, stats = table(elf, a.level, a.root + [here],
                       Assembly(elf, a.image, a.cross))
    tmp = f"{a.out}.tmp"
    with open(tmp, "w", encoding="ascii") as f:
        f.write("\n".join(out) + "\n")
    os.replace(tmp, a.out)
    if a.stats:
        print(" ".join(f"{k} {v}" for k, v in stats.items()), file=sys.stderr)


if __name__ == "__main__":
    main()
