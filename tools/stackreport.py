#!/usr/bin/env python3
"""stackreport.py bounds the stack of every goroutine of an image.

    tools/stackreport.py --machine build/<board>/machine --cross PREFIX
                         --preempt BYTES [--objects DIR] [--entry NAME]...
                         [--calls F=G,H]... [--forward F:N]... [--why NAME]...
                         [--run] [--harts N] [--args "..."] IMAGE.elf

It reads the linked image, so newlib, libgcc and assembly are in it as well as
what gcc has compiled today:
  depths     call frame information says at every instruction how far sp is
             below where the function began; assembly without any is followed
             by its pushes, as mksymtab.py does
  calls      the disassembly: calls, tail calls, jumps into other functions
  entries    what is passed to go, go_copy, go_with, go_try, and the main
             goroutine's; constants are followed through registers, branches
             and loops. --entry adds some
A function's worst case is the largest of its own depth and, at each call, the
depth there plus the worst case of the callee. An entry's is that, plus what a
preemption leaves on a goroutine's stack (--preempt, from arch_config.h), plus
the struct that go_copy put there.

Pointer calls are resolved where the contract or the library says what can be
called (RESOLVED below): deferred calls are those that the function itself has
deferred; panic_catch calls what it is given; a FILE calls newlib's four stream
functions. mcall and systemstack call on another stack. Every other one makes
its callers unbounded, and so do recursion and alloca; each is named, with the
way that leads there (--why NAME shows it whole). --calls says what a function
can call through pointers, --forward that it calls its argument N (from 0).

"worst" is for a goroutine in which nothing panics; what a panic needs on top,
wherever it begins, is said once: deferred functions run on the same stack. One
that begins during another needs as much again. throw and fatal end the machine;
what they use is not counted.

--objects DIR has gcc's own .su and .ci files of the same build
(-fstack-usage, -fcallgraph-info): every frame and every call that they know
must be in what was read from the image, or the report is refused.

--run boots the image, built with STACK_PAINT=1, with gz.stacks, and puts what
was measured beside the bounds. A bound below the measurement is a failure.
"""

import argparse
import bisect
import os
import re
import subprocess
import sys

import linkmap
import run as runner
from mksymtab import Assembly, Elf, Frames, Text, plain

# Where an argument becomes a goroutine: argument number of the function, and
# of the size of what is copied.
SPAWN = {"go": (0, None), "go_try": (0, None), "go_copy_": (0, 2),
         "go_with_": (2, None), "newmain": (0, None)}
# Functions that call an argument on the caller's stack, and argument numbers.
FORWARD = {"arch_catch": 1, "panic_catch": 0, "sendto": 2, "recvfrom": 3,
           "_fwalk_reent": 1, "_fwalk_sglue": 2, "_fwalk": 1}
# They go on on another stack, or at an older place of this one.
OTHER_STACK = {"mcall", "gswitch", "gleave", "arch_systemstack",
               "arch_throwto"}
# A call that is made for one caller of the function only: caller, callee.
ONLY_FOR = {("chan_selectw_", "selectalloc"): "chan_selectv"}
# Recursion that ends by what is passed: caller, callee. A stream without a
# buffer is printed to through one that has one; a chain of reents has one link.
ONCE = {("__sbprintf", "_vfprintf_r"), ("__sbprintf", "_vfiprintf_r"),
        ("__sbwprintf", "_vfwprintf_r"), ("cleanup_glue", "cleanup_glue")}
# The machine ends in them.
ENDS = {"throw", "fatal", "startdying", "dienow", "sigpanic0", "arch_halt",
        "frozen", "exhausted"}
PANICS = {"panic", "sigpanic", "faultpanic"}
DEFER, UNDEFER = "go_deferproc_", "go_deferreturn_"
STREAM = ["__sread", "__swrite", "__sseek", "__sclose"]
CLEANUP = ["cleanup_stdio", "_cleanup_r", "cleanup_glue"]
# Caller through pointers: what it can call; @ stands for a set found in the
# image.
RESOLVED = {
    "__sflush_r": STREAM, "__sfvwrite_r": STREAM, "_fclose_r": STREAM,
    "__swbuf_r": STREAM, "__srefill_r": STREAM, "_fseeko_r": STREAM,
    "_ftello_r": STREAM, "__sfpmoreglue": [], "_fseek_r": STREAM,
    "_reclaim_reent": CLEANUP, "exit": CLEANUP, "__sinit": CLEANUP,
    "_wcrtomb_r": ["__ascii_wctomb"], "_mbrtowc_r": ["__ascii_mbtowc"],
    "_mbtowc_r": ["__ascii_mbtowc"], "_wctomb_r": ["__ascii_wctomb"],
    "_vfprintf_r": ["__ascii_mbtowc"], "_svfprintf_r": ["__ascii_mbtowc"],
    "__call_exitprocs": ["@atexit"], "finish": ["@arrays"],
    "libc_main": ["@arrays"], "memset": [],
    "calldeferred": ["@deferred"], "land": ["@deferred"],
    "rundefer": ["@deferred"], UNDEFER: [],
}
ATEXIT = {"atexit": 0, "on_exit": 0, "__cxa_atexit": 0}


# ---- Instructions -----------------------------------------------------------

class Isa:
    """What the rest must know of an instruction set. An instruction is (pc,
    words, target): objdump's text without its comments, and the address that
    it names, if any."""

    args = ()
    saved = frozenset()

    def constant(self, state, pc, text, target, load):
        """Follow constants: state is {register: frozenset of values}."""
        raise NotImplementedError


class Riscv(Isa):
    args = ("a0", "a1", "a2", "a3")
    saved = frozenset("s%d" % i for i in range(12))
    call = re.compile(r"(jal|jalr)\s")
    jump = re.compile(r"(j|jr|tail|b\w+)\s")
    ends = re.compile(r"(j|jr|ret|tail|mret|unimp|ebreak)(\s|$)")
    indirect = re.compile(r"(?:jalr|jr)\s+(?:ra,)?(?:-?\d+\()?(\w+)\)?(?:,|$)")
    dynamic = re.compile(r"(add|sub)\s+sp,sp,[a-z]")
    # jal t2 only takes an address (asm.S)
    link = re.compile(r"jal\s+t\d,")

    def is_call(self, text):
        return bool(self.call.match(text)) and not self.link.match(text)

    def is_switch(self, before, register, depth, entry, _table):
        """Is a jump by register a switch, and not a call of a pointer?"""
        for text in reversed(before[-6:]):
            m = re.match(r"(\S+)\s+(\w+),", text)
            if m and m[2] == register:
                return m[1] in ("add", "sub", "auipc") or depth != entry
        return depth != entry

    def step(self, depth, text):
        if m := re.match(r"addi?\s+sp,sp,(-?\d+)", text):
            return depth - int(m[1])
        return depth

    def constant(self, state, pc, text, target, load):
        m = re.match(r"(\S+)\s+(\w+)(?:,(.*))?$", text)
        if not m or m[1].startswith(("s", "fs")) and m[1][-1] in "bhwd" and \
           m[1] in ("sb", "sh", "sw", "sd", "fsw", "fsd"):
            return
        op, rd, rest = m[1], m[2], m[3] or ""
        if op.startswith("b") or op in ("j", "jr", "ret"):
            return
        value = None
        if op in ("add", "addi") and target is not None and \
           re.match(r"\w+,-?\d+$", rest):
            value = frozenset([target])
        elif op == "li" and re.match(r"-?\d+$", rest):
            value = frozenset([int(rest)])
        elif op == "mv":
            value = state.get(rest)
        if value is None:
            state.pop(rd, None)
        else:
            state[rd] = value


class Arm(Isa):
    args = ("r0", "r1", "r2", "r3")
    saved = frozenset(("r4", "r5", "r6", "r7", "r8", "r9", "sl", "fp"))
    call = re.compile(r"(bl|blx)\s")
    jump = re.compile(r"(b|b(eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)"
                      r"|cbn?z|bx)(\.[nw])?\s")
    ends = re.compile(r"(b|b\.[nw]|bx|tb[bh]|udf)(\s|$)|mov\s+pc,|"
                      r"ldr(\.w)?\s+pc,|.*\bpc\}?$")
    indirect = re.compile(r"(?:blx|bx)\s+(?!lr)(\w+)$|mov\s+pc, (\w+)$|"
                          r"ldr(?:\.w)?\s+pc, \[(r\w+)\]")
    dynamic = re.compile(r"sub(\.w|s)?\s+sp, (sp, )?r\d")

    def is_call(self, text):
        return bool(self.call.match(text))

    def is_switch(self, before, register, depth, entry, _table):
        return depth != entry

    opposite = {}
    for pair in ("eqne", "cscc", "hslo", "mipl", "hils", "gelt", "gtle",
                 "vsvc"):
        opposite[pair[:2]], opposite[pair[2:]] = pair[2:], pair[:2]
    condition = re.compile("(ldr|movw|movt|mov|add)(%s)$" % "|".join(opposite))

    def step(self, depth, text):
        # A push under a condition counts, a pop under one does not.
        if m := re.match(r"(v?push|v?pop)(\w\w)?(?:\.w)?\s+\{(.*)\}|"
                         r"(v?stmdb|v?ldmia)(\w\w)?(?:\.w)?\s+sp!, \{(.*)\}",
                         text):
            n = 0
            for part in (m[3] or m[6]).replace(" ", "").split(","):
                a, _, b = part.partition("-")
                size = 8 if a[0] == "d" else 4
                n += size * (int(b[1:]) - int(a[1:]) + 1 if b and
                             a[1:].isdigit() and b[1:].isdigit() else
                             8 if b else 1)
            if "push" in (m[1] or m[4]) or "stmdb" in (m[1] or m[4]):
                return depth + n
            return depth if m[2] or m[5] else depth - n
        if m := re.match(r"(add|sub)w?(?:\.w)?\s+(?:sp, )?sp, #(\d+)", text):
            return depth + (int(m[2]) if m[1] == "sub" else -int(m[2]))
        if m := re.match(r"strd?(?:\.w)?\s+.*, \[sp, #-(\d+)\]!", text):
            return depth + int(m[1])
        if m := re.match(r"ldrd?(?:\.w)?\s+.*, \[sp\], #(\d+)", text):
            return depth - int(m[1])
        return depth

    def constant(self, state, pc, text, target, load):
        m = re.match(r"(\S+)\s+(\w+)(?:, (.*))?$", text)
        if not m or re.match(r"(v?str|v?push|v?stm|cmp|cmn|tst|teq|b|cb|it|v)",
                             m[1]):
            return
        op, rd, rest = m[1].split(".")[0], m[2], m[3] or ""
        value = when = None
        if c := self.condition.match(op):
            op, when = c[1], c[2]
        if op == "ldr" and rest.startswith("[pc") and target is not None:
            value = frozenset([load(target, 4)])
        elif op in ("mov", "movs", "movw") and re.match(r"#\d+$", rest):
            value = frozenset([int(rest[1:])])
        elif op == "movt" and re.match(r"#\d+$", rest) and rd in state:
            value = frozenset(v & 0xFFFF | int(rest[1:]) << 16
                              for v in state[rd])
        elif op in ("mov", "movs") and rest in state:
            value = state[rest]
        elif op.startswith("ldm") or op in ("pop", "ldrd", "smull", "umull"):
            for name in re.findall(r"\w+", rest):
                state.pop(name, None)
        half = state.pop("?" + rd, None)
        if value is not None and when:
            if half and half[0] == self.opposite[when]:
                value = value | half[1]  # one of the two it is
            else:
                state["?" + rd] = when, value
                value = value | state[rd] if rd in state else None
        if value is None:
            state.pop(rd, None)
        else:
            state[rd] = value


class X86(Isa):
    args = ("rdi", "rsi", "rdx", "rcx")
    saved = frozenset(("rbx", "rbp", "r12", "r13", "r14", "r15"))
    call = re.compile(r"call\s")
    jump = re.compile(r"j\w+\s")
    ends = re.compile(r"(jmp|ret|ud2|hlt|iretq)\b")
    indirect = re.compile(r"(?:call|jmp)\s+\*(.*)$")
    dynamic = re.compile(r"sub\s+%r\w+,%rsp")
    names = {}
    for i, r in enumerate(("ax", "bx", "cx", "dx", "si", "di", "bp", "sp")):
        for n in ("r" + r, "e" + r, r, r[0] + "l" if i < 4 else r + "l"):
            names[n] = "r" + r
    for i in range(8, 16):
        for n in ("", "d", "w", "b"):
            names["r%d%s" % (i, n)] = "r%d" % i

    def is_call(self, text):
        return bool(self.call.match(text))

    def is_switch(self, before, register, depth, entry, table):
        return table(register) or depth != entry

    def step(self, depth, text):
        if re.match(r"pushf?q?\s|pushfq?$", text):
            return depth + 8
        if re.match(r"popf?q?\s|popfq?$", text):
            return depth - 8
        if m := re.match(r"(add|sub)q?\s+\$(-?0x[0-9a-f]+),%rsp", text):
            n = int(m[2], 16)
            return depth + (n if m[1] == "sub" else -n)
        return depth

    def constant(self, state, pc, text, target, load):
        m = re.match(r"(\S+)\s+(?:(.*),)?%(\w+)$", text)
        if not m or re.match(r"(push|cmp|test|call|j)", m[1]):
            return
        op, source = m[1], m[2] or ""
        rd = self.names.get(m[3])
        if rd is None:
            return
        value = None
        if re.match(r"mov(abs)?[lq]?$", op):
            if source.startswith("$"):
                value = frozenset([int(source[1:], 16)])
            elif source.startswith("%"):
                value = state.get(self.names.get(source[1:]))
        elif op == "lea" and target is not None and "(%rip)" in source:
            value = frozenset([target])
        elif op.startswith("cmov") and source.startswith("%"):
            value = state.get(self.names.get(source[1:]))
            value = value | state[rd] if value and rd in state else None
        elif op == "xor" and self.names.get(source[1:]) == rd:
            value = frozenset([0])
        if value is None:
            state.pop(rd, None)
        else:
            state[rd] = value


# ---- The image ----------------------------------------------------------------

class Depths(Frames):
    """CFA at each instruction, as (register, offset)."""

    def rule(self, cfa, regs, ra):
        return cfa


class Function:
    def __init__(self, pc, end, name):
        self.pc, self.end, self.name = pc, end, name
        self.insns = []    # (pc, text, target)
        self.depth = {}    # at each instruction
        self.frame = 0     # the deepest
        self.calls = []    # (depth, pc of the callee, is a jump)
        self.sites = []    # (pc, depth, callee, {argument: values})
        self.pointers = []  # depth of each call through a pointer
        self.dynamic = False
        self.unknown = False


class Image:
    def __init__(self, path, cross):
        self.elf = Elf(path)
        self.text = Text(self.elf)
        self.isa = {"riscv": Riscv, "arm": Arm,
                    "x86_64": X86}[self.elf.machine]()
        self.entry = 8 if self.elf.machine == "x86_64" else 0
        self.functions = {}
        starts = [pc for pc, _, _ in self.text.funcs]
        for i, (pc, end, name) in enumerate(self.text.funcs):
            after = starts[i + 1] if i + 1 < len(starts) else self.text.end
            self.functions[pc] = Function(
                pc, min(end, after) if end > pc else after, name)
        self.starts = starts
        self.by_name = {}
        for f in self.functions.values():
            self.by_name.setdefault(f.name, []).append(f.pc)
        self.listing(path, cross)
        self.depths(path, cross)
        for f in self.functions.values():
            self.body(f)

    def at(self, pc):
        """The function that pc lies in, or None."""
        i = bisect.bisect_right(self.starts, pc) - 1
        if i < 0:
            return None
        f = self.functions[self.starts[i]]
        return f if pc < f.end else None

    def load(self, address, size):
        for h in self.elf.heads:
            if h[2] & linkmap.SHF_ALLOC and h[1] != linkmap.SHT_NOBITS and \
               h[3] <= address and address + size <= h[3] + h[5]:
                at = h[4] + address - h[3]
                return int.from_bytes(self.elf.data[at:at + size], "little")
        return 0

    def listing(self, path, cross):
        r = subprocess.run([cross + "objdump", "-d", "--no-show-raw-insn",
                            path], stdout=subprocess.PIPE, check=True,
                           text=True)
        for at, text in re.findall(r"^ *([0-9a-f]+):\t(.*)$", r.stdout, re.M):
            f = self.at(int(at, 16))
            if f is None:
                continue
            body, _, note = re.sub(r"\t", " ", text).partition(" # ")
            m = re.search(r"\b([0-9a-f]+) <", note) or \
                re.search(r"@ \(([0-9a-f]+) <", body) or \
                re.search(r"\b([0-9a-f]+) <[^>]*>", body)
            body = re.sub(r"\s*[@;] .*$|\s+<[^>]*>$", "", body).strip()
            f.insns.append((int(at, 16), body,
                            int(m[1], 16) if m else None))

    def depths(self, path, cross):
        frames = Depths(self.elf, self.text)
        frames.read(".debug_frame")
        frames.read(".eh_frame")
        assembly = Assembly(self.elf, path, cross)
        rows, ends = [], {}
        for pc, (end, body) in frames.found.items():
            rows += [(at, cfa) for at, cfa in body if at < end]
            ends[pc] = end
        rows.sort(key=lambda row: row[0])
        keys = [at for at, _ in rows]
        covered = sorted(ends)
        for f in self.functions.values():
            i = bisect.bisect_right(covered, f.pc) - 1
            described = i >= 0 and f.pc < ends[covered[i]]
            if described:
                self.follow(f, rows, keys)
            else:
                self.undescribed(f, assembly)
            f.frame = max(f.depth.values(), default=self.entry)

    def follow(self, f, rows, keys):
        """Depths by call frame information, and by the instructions between
        a frame pointer's taking over and giving back."""
        now, by_fp = self.entry, False
        for pc, text, _ in f.insns:
            i = bisect.bisect_right(keys, pc) - 1
            cfa = rows[i][1] if i >= 0 else None
            if cfa is not None and cfa[0] == self.elf.sp:
                now, by_fp = cfa[1], False
            else:
                by_fp = True
            f.depth[pc] = now
            if by_fp or f.name in OTHER_STACK | {"arch_catch"}:
                if self.isa.dynamic.match(text):
                    f.dynamic = True
                now = max(self.isa.step(now, text), self.entry)
                f.depth[pc] = max(f.depth[pc], now)

    def undescribed(self, f, assembly):
        for at, rule in assembly.rows(f.pc, f.end):
            f.depth[at] = (rule >> 15) * self.elf.word if rule else None
        now = self.entry
        for pc, text, _ in f.insns:
            if pc in f.depth:
                if f.depth[pc] is None:
                    f.depth[pc] = now
                    f.unknown = True
                now = f.depth[pc]
            f.depth[pc] = now
        if f.unknown and not any(re.search(r"\bsp\b", t) for _, t, _ in
                                 f.insns):
            f.unknown = False  # it never moves sp

    def body(self, f):
        """Calls, jumps and what is passed to some of them."""
        isa, before = self.isa, []
        for pc, text, target in f.insns:
            depth = f.depth.get(pc, self.entry)
            if isa.is_call(text):
                g = self.at(target) if target is not None else None
                m = isa.indirect.match(text)
                if g is None or m and target is None:
                    f.pointers.append(depth)
                else:
                    f.calls.append((depth, g.pc, None))
            elif isa.jump.match(text) or isa.indirect.match(text):
                m = isa.indirect.match(text)
                if target is not None and not (m and self.elf.machine ==
                                               "x86_64"):
                    g = self.at(target)
                    # Back from the rare part of a function: it goes on.
                    back = g is not None and target != g.pc and \
                        f.name == g.name + ".cold"
                    if g is not None and g is not f and not back:
                        f.calls.append((depth, g.pc, target))
                elif m:
                    register = next(x for x in m.groups() if x)
                    if not isa.is_switch(before, register, depth, self.entry,
                                         lambda t, f=f: self.is_table(t, f)):
                        f.pointers.append(depth)
            before.append(text)

    def is_table(self, operand, f):
        """Does a jump table begin there, with an address of f?"""
        m = re.match(r"0x([0-9a-f]+)\(,%\w+,8\)", operand)
        return bool(m) and (g := self.at(self.load(int(m[1], 16), 8))) and \
            plain(g.name) == plain(f.name)

    # ---- Constants ------------------------------------------------------

    def passed(self, f, callees):
        """[(pc, depth, callee's pc, {argument: frozenset or None})] of the
        calls that f makes to functions of those addresses."""
        if not any(g in callees for _, g, _ in f.calls):
            return []
        isa, blocks, index = self.isa, [], {}
        leaders = {f.pc} | {t for _, x, t in f.insns if t is not None and
                            isa.jump.match(x)}
        for i, (pc, text, _) in enumerate(f.insns):
            ended = i and isa.ends.match(f.insns[i - 1][1])
            if pc in leaders or i and (ended or
                                       isa.jump.match(f.insns[i - 1][1])):
                index[pc] = len(blocks)
                blocks.append([])
            blocks[-1].append(f.insns[i])
        befores = [None] * len(blocks)
        befores[0] = {}
        reached = set()
        result = {}
        work = [0]
        while work:
            b = work.pop()
            reached.add(b)
            state = dict(befores[b])
            for pc, text, target in blocks[b]:
                g = self.at(target) if target is not None else None
                if g is not None and g.pc in callees and (
                        isa.is_call(text) or isa.jump.match(text)) and \
                   g is not f:
                    result[pc] = (pc, f.depth[pc], g.pc, {
                        i: state.get(r) for i, r in enumerate(isa.args)})
                if isa.is_call(text):
                    state = {r: v for r, v in state.items() if r in isa.saved}
                else:
                    isa.constant(state, pc, text, target, self.load)
            state = {r: v for r, v in state.items() if r[0] != "?"}
            last = blocks[b][-1]
            after = []
            if last[2] in index and isa.jump.match(last[1]):
                after.append(index[last[2]])
            if not isa.ends.match(last[1]) and b + 1 < len(blocks):
                after.append(b + 1)
            for s in after:
                if befores[s] is None:
                    merged = dict(state)
                else:
                    merged = {r: v | state[r] for r, v in befores[s].items()
                              if r in state}
                if merged != befores[s]:
                    befores[s] = merged
                    work.append(s)
            if not work:  # what only a jump table reaches
                for s, block in enumerate(blocks):
                    if s not in reached:
                        befores[s] = {}
                        work.append(s)
                        break
        return list(result.values())


# ---- Bounds -----------------------------------------------------------------------

class Bound:
    """bytes, and why there is no bound: {(kind, name): way there}."""

    def __init__(self, size=0, why=None):
        self.size, self.why = size, why or {}

    def above(self, depth, name):
        """The bound of a caller that is so deep at the call."""
        return Bound(self.size + depth, {
            k: way if name is None else (name,) + way
            for k, way in self.why.items()})

    def join(self, other):
        for k, way in other.why.items():
            if k not in self.why or len(way) < len(self.why[k]):
                self.why[k] = way
        self.size = max(self.size, other.size)


class Analysis:
    def __init__(self, image, calls, forward):
        self.image = image
        self.resolved = dict(RESOLVED)
        self.resolved.update(calls)
        self.forward = dict(FORWARD)
        self.forward.update(forward)
        self.copied = {}     # entry: bytes that go_copy puts on its stack
        self.entries = {}    # pc: where it is started
        self.lost = []       # go statements whose function is not known
        self.deferred = {}   # function: set of pcs that it defers
        self.atexit, self.all_deferred = set(), set()
        self.edges = {}      # pc: [(depth, callee, reason or None)]
        self.collect()
        for f in image.functions.values():
            self.edges[f.pc] = self.out(f)
        self.memo = {}

    def address(self, value):
        """A function's pc for a constant, or None."""
        f = self.image.functions.get(value & ~self.image.elf.pcmask)
        return f.pc if f else None

    def pcs(self, *names):
        return {pc for n in names for pc in self.image.by_name.get(n, ())}

    def targets(self, values):
        """{pc} for a set of constants, None if one is no function."""
        if not values:
            return None
        found = {self.address(v) for v in values if v}
        return None if None in found or not found else found

    def collect(self):
        image = self.image
        interesting = self.pcs(*SPAWN, *self.forward, *ATEXIT, DEFER)
        self.sites = {}
        for f in image.functions.values():
            if f.name in OTHER_STACK:
                continue
            self.sites[f.pc] = image.passed(f, interesting)
            for _, _, callee, args in self.sites[f.pc]:
                name = image.functions[callee].name
                if name in SPAWN and f.name not in SPAWN:
                    self.spawn(f, name, args)
                elif name == DEFER:
                    found = self.targets(args[1])
                    self.deferred.setdefault(f.pc, set()).update(
                        found or {None})
                    self.all_deferred |= found or {None}
                elif name in ATEXIT:
                    found = self.targets(args[ATEXIT[name]])
                    self.atexit |= found or {None}
        # What calls panic_catch from a cold part was deferred in the other.
        self.arrays = set()
        symbols = {n: v for n, v, _, _, _ in image.elf.symbols() if
                   n.endswith(("_array_start", "_array_end"))}
        for kind in ("preinit", "init", "fini"):
            lo = symbols.get("__%s_array_start" % kind, 0)
            hi = symbols.get("__%s_array_end" % kind, 0)
            for at in range(lo, hi, image.elf.word):
                self.arrays.add(self.address(image.load(at, image.elf.word)))

    def spawn(self, f, name, args):
        argument, size = SPAWN[name]
        found = self.targets(args[argument])
        if found is None:
            self.lost.append(f.name)
            return
        for pc in found:
            self.entries.setdefault(pc, set()).add(f.name)
            if size is not None:
                n = max(args[size] or [0])
                self.copied[pc] = max(self.copied.get(pc, 0), n or -1)

    def pointer_targets(self, f):
        """What f can call through pointers: {pc}, or None."""
        name = plain(f.name)
        if name in self.forward:
            return set()  # counted where the argument is given
        names = self.resolved.get(name)
        if names is None:
            return None
        found = set()
        for n in names:
            if n == "@deferred":
                found |= self.all_deferred
            elif n == "@atexit":
                found |= self.atexit
            elif n == "@arrays":
                found |= self.arrays
            else:
                found |= self.pcs(n)
        return None if None in found else found

    def through(self, name):
        """How deep a forwarding function is when it calls its argument."""
        best = 0
        for pc in self.pcs(name):
            f = self.image.functions[pc]
            best = max([best] + f.pointers)
            for depth, g, _ in f.calls:
                inner = self.image.functions[g].name
                if inner in self.forward and inner != name:
                    best = max(best, depth + self.through(inner))
        return best

    def out(self, f):
        """[(depth, callee or None, reason or None)] of a function."""
        image, result = self.image, []
        if f.name in OTHER_STACK:
            return result
        for depth, g, target in f.calls:
            callee = image.functions[g]
            if target is not None:
                depth -= callee.depth.get(target, image.entry)
            if (f.name, callee.name) in ONLY_FOR:
                continue
            result.append((max(depth, 0), g, None))
            for (caller, late), who in ONLY_FOR.items():
                if (who, caller) == (f.name, callee.name):
                    result += [(max(depth, 0) + self.frame(caller), pc, None)
                               for pc in self.pcs(late)]
            if callee.name == UNDEFER:
                ran = set()
                for pc in self.pieces(f):
                    ran |= self.deferred.get(pc, set())
                inside = depth + max(callee.pointers or [0])
                for t in ran or {None}:
                    result.append((inside, t, ("deferred call", f.name)))
        for _, depth, g, args in self.sites.get(f.pc, ()):
            name = image.functions[g].name
            if name not in self.forward or f.name in self.forward:
                continue
            inside = depth + self.through(name)
            for t in self.targets(args[self.forward[name]]) or {None}:
                result.append((inside, t, ("pointer call", f.name)))
        if f.pointers:
            found = self.pointer_targets(f)
            inside = max(f.pointers)
            for t in {None} if found is None else found:
                result.append((inside, t, ("pointer call", f.name)))
        return result

    def frame(self, name):
        """The deepest that a function is by itself."""
        return max((self.image.functions[pc].frame
                    for pc in self.pcs(name)), default=0)

    def pieces(self, f):
        """f and the parts that gcc has split off it."""
        return [pc for n, pcs in self.image.by_name.items()
                if plain(n) == plain(f.name) for pc in pcs]

    # ---- The search -----------------------------------------------------

    def bound(self, root, cut):
        """Bound of a function, with everything it calls but `cut`."""
        memo = self.memo.setdefault(frozenset(cut), {})
        if root in memo:
            return memo[root]
        sys.setrecursionlimit(10000)
        order, low, stack, on = {}, {}, [], set()

        def visit(pc):
            order[pc] = low[pc] = len(order)
            stack.append(pc)
            on.add(pc)
            for _, g, _ in self.edges[pc]:
                if g is None or self.image.functions[g].name in cut or \
                   g in memo or self.once(pc, g):
                    continue
                if g not in order:
                    visit(g)
                    low[pc] = min(low[pc], low[g])
                elif g in on:
                    low[pc] = min(low[pc], order[g])
            if low[pc] == order[pc]:
                members = set()
                while True:
                    m = stack.pop()
                    on.discard(m)
                    members.add(m)
                    if m == pc:
                        break
                self.settle(members, memo, cut)

        visit(root)
        return memo[root]

    def once(self, pc, g):
        functions = self.image.functions
        return (plain(functions[pc].name), plain(functions[g].name)) in ONCE

    def settle(self, members, memo, cut):
        """Bounds of functions that all call each other (or of one)."""
        functions = self.image.functions
        loop = self.cycle(members, cut)
        total = 0
        for pc in members:
            f = functions[pc]
            b = Bound(f.frame)
            if f.dynamic:
                b.join(Bound(0, {("alloca", f.name): ()}))
            if f.unknown:
                b.join(Bound(0, {("unknown frame", f.name): ()}))
            for depth, g, reason in self.edges[pc]:
                if g is None:
                    b.join(Bound(depth, {reason: ()}))
                elif functions[g].name in cut:
                    continue
                elif self.once(pc, g):
                    inner = self.bound(g, set(cut) | {f.name})
                    if g != pc:
                        b.join(inner.above(depth, functions[g].name))
                    else:
                        b.join(Bound(depth + b.size))
                elif g not in members:
                    b.join(memo[g].above(depth, functions[g].name))
            memo[pc] = b
            total += b.size
        if not loop:
            return
        joined = Bound(total, {("recursion", " -> ".join(loop)): ()})
        for pc in members:
            joined.join(Bound(0, memo[pc].why))
        for pc in members:
            memo[pc] = Bound(total, dict(joined.why))

    def cycle(self, members, cut):
        """Names along a shortest cycle among members, or None."""
        functions = self.image.functions
        best = None
        for start in sorted(members):
            ways = {start: (start,)}
            work = [start]
            while work:
                pc = work.pop(0)
                for _, g, _ in self.edges[pc]:
                    if g not in members or functions[g].name in cut or \
                       self.once(pc, g):
                        continue
                    if g == start:
                        way = ways[pc] + (g,)
                        if best is None or len(way) < len(best):
                            best = way
                        work = []
                        break
                    if g not in ways:
                        ways[g] = ways[pc] + (g,)
                        work.append(g)
            if best is not None and len(best) == 2:
                break
        return best and [functions[pc].name for pc in best]


# ---- gcc's own account ------------------------------------------------------------

def crosscheck(image, analysis, folder, out):
    """Compare with the .su and .ci files; True if the image has all that they
    know. A dynamic frame is taken over from them."""
    frames, calls, pointers = {}, {}, set()
    files = 0
    for path, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(path, name)
            if name.endswith(".su"):
                files += 1
                with open(full, encoding="utf-8") as f:
                    for line in f:
                        where, size, kind = line.rstrip("\n").split("\t")
                        frames.setdefault(where.split(":")[-1], []).append(
                            (int(size), kind))
            elif name.endswith(".ci"):
                with open(full, encoding="utf-8") as f:
                    for a, b in re.findall(r'^edge: \{ sourcename: "([^"]*)" '
                                           r'targetname: "([^"]*)"', f.read(),
                                           re.M):
                        a, b = a.split(":")[-1], b.split(":")[-1]
                        if b == "__indirect_call":
                            pointers.add(a)
                        else:
                            calls.setdefault(a, set()).add(b)
    good, compared, edges = True, 0, 0
    for name, known in frames.items():
        found = image.by_name.get(name, [])
        if len(found) != 1 or len(known) != 1:
            continue  # several statics of one name
        f, (size, kind) = image.functions[found[0]], known[0]
        if kind == "dynamic":
            f.dynamic = True
            continue
        f.dynamic = False
        compared += 1
        whole = max(image.functions[pc].frame for pc in analysis.pieces(f))
        if kind == "static" and whole < size:
            # More is arm's registers of a variadic function: gcc leaves them
            # out.
            out(f"{name}: its frame is {whole} bytes in the image, {size} "
                "for gcc")
            good = False
        f.frame = max(f.frame, size)
        have = {plain(image.functions[g].name) for pc in analysis.pieces(f)
                for _, g, _ in image.functions[pc].calls}
        for callee in calls.get(name, set()):
            if callee not in image.by_name or callee == name:
                continue
            edges += 1
            if plain(callee) not in have and not any(
                    set(image.by_name[callee]) &
                    set(image.by_name[n]) for n in have if
                    n in image.by_name):
                out(f"{name}: gcc knows a call of {callee} that was not found")
                good = False
        has = any(image.functions[pc].pointers for pc in analysis.pieces(f))
        if name in pointers and not has:
            out(f"{name}: gcc knows a pointer call that was not found")
            good = False
    out(f"gcc's account of {files} files: {compared} frames and {edges} "
        f"calls compared")
    return good and compared > 0


# ---- The report -------------------------------------------------------------------

def measure(o, machine, image):
    """{(pc, stack size): (highest, goroutines, did one panic)} of a run."""
    output, status, why, _ = runner.run(
        machine, o.image, o.harts or machine.harts_default,
        ("gz.stacks " + o.args).strip(), o.icount, o.timeout)
    found = {}
    for m in re.finditer(r"^gz\.stacks: fn=0x([0-9a-f]+) size=(\d+) "
                         r"high=(\d+) n=(\d+) panicked=(\d)", output, re.M):
        pc = int(m[1], 16) & ~image.elf.pcmask
        size, high, n, panicked = (int(x) for x in m.groups()[1:])
        found[pc, size] = high, n, panicked > 0
    return found, output, status, why


def reasons(b, limit=3):
    text = [f"{kind} in {name}" if kind != "recursion" else
            f"recursion: {name}" for kind, name in sorted(b.why)]
    if len(text) > limit:
        text = text[:limit] + [f"and {len(text) - limit} more"]
    return "; ".join(text)


class Report:
    def __init__(self, o, image, analysis):
        self.o, self.image, self.a = o, image, analysis
        self.failed = False
        cut = ENDS | PANICS
        self.cut = cut
        self.panic = Bound()
        for name in ("panic", "sigpanic"):
            for pc in analysis.pcs(name):
                self.panic.join(analysis.bound(pc, cut))
        self.rows = []

    def worst(self, pc):
        b = self.a.bound(pc, self.cut)
        copied = self.a.copied.get(pc, 0)
        why = dict(b.why)
        if copied < 0:
            why[("size of go_copy unknown", "it")] = ()
        start = 16 + (max(copied, 0) + 15 & ~15)
        whole = Bound(b.size, why)
        for end in self.a.pcs("goexit1"):  # it returns into goexit
            whole.join(self.a.bound(end, self.cut))
        return Bound(whole.size + start + self.o.preempt, whole.why)

    def verdict(self, worst, size, high, panicked):
        """(text, is it a failure)"""
        if high is None:
            if worst.why:
                return "not bounded: " + reasons(worst), False
            if size is not None and worst.size > size:
                return "does not fit", False
            return "ok" if size is not None else "never ran", False
        if worst.why:
            return "not bounded: " + reasons(worst), False
        if high <= worst.size:
            return ("ok" if worst.size <= size else
                    f"does not fit: {worst.size - size} bytes too many"), False
        if panicked and high <= worst.size + self.panic.size:
            return "ok: it panicked", False
        if panicked:
            return "deeper than one panic accounts for", False
        return "WRONG: measured more than the bound", True

    def show(self, found):
        functions = self.image.functions
        print(f"{'entry':<28}{'stack':>8}{'worst':>8}{'measured':>10}"
              f"{'times':>7}  verdict")
        rows = [(pc, size, *row) for (pc, size), row in found.items()
                if pc in functions]
        seen = {row[0] for row in rows}
        rows += [(pc, None, None, 0, False) for pc in
                 set(self.a.entries) | self.a.pcs(*self.o.entry)
                 if pc not in seen]
        for pc, size, high, n, panicked in sorted(rows, key=lambda r: (
                functions[r[0]].name, r[1] or 0)):
            worst = self.worst(pc)
            text, bad = self.verdict(worst, size, high, panicked)
            self.failed = self.failed or bad
            shown = (">=" if worst.why else "") + str(worst.size)
            print(f"{functions[pc].name:<28}{size or '-':>8}{shown:>8}"
                  f"{'-' if high is None else high:>10}{n or '-':>7}  {text}")
        print(f"\nevery worst case has {self.o.preempt} bytes for a preemption"
              f" in it; a switch is {self.a.frame('mcall')} (mcall)")
        print(f"a panic needs {'at least ' if self.panic.why else ''}"
              f"{self.panic.size} more where it begins" +
              (f"; not bounded: {reasons(self.panic, 2)}"
               if self.panic.why else ""))
        for name in sorted(set(self.a.lost)):
            print(f"{name} starts a goroutine whose function is not known "
                  "here; see --entry")

    def explain(self, name):
        """The deepest way, and the way to each reason."""
        functions, a = self.image.functions, self.a
        for pc in a.pcs(name):
            b = a.bound(pc, self.cut)
            print(f"\n{name}: {b.size} bytes")
            at, loops = pc, set()
            while at is not None and at not in loops:
                loops.add(at)
                f = functions[at]
                print(f"  {f.name:<32} frame {f.frame}, from here "
                      f"{a.bound(at, self.cut).size}")
                left = [(depth + a.bound(g, self.cut).size, g)
                        for depth, g, _ in a.edges[at] if g is not None and
                        functions[g].name not in self.cut]
                at = max(left, default=(0, None))
                at = at[1] if at[0] > f.frame else None
            for (kind, where), way in sorted(b.why.items()):
                print(f"  {kind} in {where}: {' -> '.join((name,) + way)}")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("--machine", required=True)
    p.add_argument("--cross", default="")
    p.add_argument("--preempt", type=int, required=True)
    p.add_argument("--objects")
    p.add_argument("--entry", action="append", default=[])
    p.add_argument("--calls", action="append", default=[])
    p.add_argument("--forward", action="append", default=[])
    p.add_argument("--why", action="append", default=[])
    p.add_argument("--run", action="store_true")
    p.add_argument("--harts", type=int)
    p.add_argument("--args", default="")
    p.add_argument("--icount", type=int)
    p.add_argument("--timeout", type=float, default=60)
    p.add_argument("image")
    o = p.parse_args()
    calls = {}
    for c in o.calls:
        name, _, names = c.partition("=")
        calls[name] = [n for n in names.split(",") if n]
    forward = {f: int(n) for f, _, n in (x.partition(":") for x in o.forward)}

    image = Image(o.image, o.cross)
    for name in list(calls) + list(forward) + o.entry + o.why + [
            n for names in calls.values() for n in names]:
        if name not in image.by_name:
            raise SystemExit(f"{name}: no such function in the image")
    analysis = Analysis(image, calls, forward)
    good = not o.objects or crosscheck(image, analysis, o.objects, print)
    report = Report(o, image, analysis)
    found = {}
    if o.run:
        machine = runner.Machine(o.machine)
        found, output, status, why = measure(o, machine, image)
        if not found:
            print(output)
            print(f"nothing was measured: exit status {status}"
                  f"{' (' + why + ')' if why else ''}; only os_exit and the "
                  "end of main tell, in images with STACK_PAINT=1")
            good = False
    report.show(found)
    for name in o.why:
        report.explain(name)
    if report.failed:
        print("\nA BOUND IS WRONG", file=sys.stderr)
    return 0 if good and not report.failed else 1


if __name__ == "__main__":
    sys.exit(main())
