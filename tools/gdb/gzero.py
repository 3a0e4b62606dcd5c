"""gzero.py teaches gdb-multiarch about goroutines.

    (gdb) source tools/gdb/gzero.py     (make debug does that)
    (gdb) info goroutines               id, state, what it waits for, where
    (gdb) goroutine 7 bt                any command, as goroutine 7 sees it
    (gdb) goroutine all bt
    (gdb) info harts
    (gdb) info pools
    (gdb) info channels
    (gdb) gzero check                   does the image have all that this reads?

What always holds:
  - The target is only read: memory and registers, no call into it, no write.
    A goroutine that does not run has its registers on its stack. To look at it
    an unwinder says that the hart's innermost frame was called by the place
    where the goroutine stopped; `bt` does not show that frame (number 0).
  - What is known of the kernel's structures are names, from the debug
    information: NEEDS below, and nothing else may be used. What is known of
    saved contexts (they are assembly's) stands in one class an architecture,
    in the order of arch/*/asm.S and trap.S.
  - The structures may be damaged, that is what a debugger is for: a list has a
    bound and no member twice, a number no name is shown as it is, and memory
    that cannot be read is said.

Turned down: writing sp and pc and putting them back, as Go's runtime-gdb.py
does (a gdb that dies, or a cable that is pulled, between the two leaves a
board with the wrong registers); goroutines as gdb's threads (the remote
protocol's server would have to know them).
"""

import atexit
import os
import re
import struct
import tempfile

import gdb
import gdb.FrameDecorator
import gdb.frames
import gdb.unwinder

# Fields of the kernel's that are read, by struct; then variables and routines.
NEEDS = {
    "struct g": "sched m stacklo stackhi goid status stackclass system "
                "schedlink waitreason waitsince waitarg lockedm lockedcount "
                "locks name startfn gopc parentgoid panic",
    "struct gobuf": "sp pc",
    "struct m": "g0 curg id p spinning parked sleeping lockedg ready "
                "inhandler interrupts preemptions arch",
    "struct p": "id runqhead runqtail runnext m stopped ntimers",
    "struct schedt": "idle nm runqsize runqhead nmspinning gcwaiting",
    "struct pool": "name setting base size guard n free fresh used high link",
    "struct hchan": "qcount dataqsiz elemsize closed recvq sendq",
    "struct go_waitq": "first last",
    "struct sudog": "g next",
    "struct _panic": "link fault",
    "struct sigregs": "at",
    "struct unwind": "pc sp fp ra",
    "struct sel": "cases n",
    "struct scase": "kind c",
}
VARIABLES = "allg allm allp sched ncpu gomaxprocs gpool chanpool allpools dying"
# Static ones, with the file that has them.
STATICS = (("kernel/stack.c", "pools"), ("kernel/panic.c", "panicpool"),
           ("kernel/chanbuf.c", "used"), ("kernel/chanbuf.c", "high"),
           ("kernel/chanbuf.c", "arena"), ("libc/reent.c", "reentpool"),
           ("libc/lock.c", "lockpool"))
# What a linker may have left out: a program without newlib's locks, say.
OPTIONAL = {"reentpool", "lockpool", "panicpool"}
STATES = "Gidle Grunnable Grunning Gsyscall Gwaiting Gdead Gpreempted"
# Where a goroutine's stack is taken up that no frame leads to.
SWITCHES = {"gogo", "gswitch", "gleave"}
FRAMES = 500        # of one stack that are looked at
TEXT = 120          # characters of a string
RUNNING = "the target is running: interrupt it first (Ctrl-C)"
# Rooms of the kernel: what a goroutine does is told by the first frame outside.
KERNEL = re.compile(r"(^|/)(kernel|arch/\w+|boot|pkg|libc|newlib[^/]*)/[^/]*$|"
                    r"/newlib[^/]*/|/libgcc/")
BOOT = re.compile(r"(^|/)boot/[^/]*$")


class Damage(Exception):
    """Something is not as the kernel would leave it; the text says what."""


def fail(text):
    raise gdb.GdbError(text)


# ---- Reading the kernel's data ----------------------------------------------

def field(value, name):
    """A field of a struct of NEEDS, and of no other."""
    kind = "struct %s" % value.type.strip_typedefs().tag
    if name not in NEEDS[kind].split():
        raise KeyError("%s.%s is not in NEEDS" % (kind, name))
    return value[name]


def number(value, name):
    return int(field(value, name))


def word():
    return gdb.lookup_type("unsigned long")


def at(kind, address):
    """The struct at an address: its bytes are read now, and once."""
    t = gdb.lookup_type(kind)
    return gdb.Value(read(address, t.sizeof), t)


def read(address, size):
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except (gdb.error, OverflowError):
        raise Damage("no memory at 0x%x" % address)


def read_word(address):
    size = word().sizeof
    return struct.unpack("<Q" if size == 8 else "<I", read(address, size))[0]


def variable(name):
    if name not in VARIABLES.split():
        raise KeyError("%s is not in VARIABLES" % name)
    symbol = gdb.lookup_global_symbol(name)
    if symbol is None:
        fail("this image is not gzero's: it has no %s (see file FILE)" % name)
    return symbol.value()


def static(path, name):
    """A static variable of a file; None if the image has none."""
    if (path, name) not in STATICS:
        raise KeyError("%s is not in STATICS" % name)
    for symbol in gdb.lookup_static_symbols(name):
        if ("/" + symbol.symtab.filename).endswith("/" + path):
            return symbol.value()
    return None


def address_of(name):
    """Of a routine in assembly, or in C."""
    try:
        return int(gdb.parse_and_eval("&'%s'" % name).cast(word()))
    except gdb.error:
        fail("this image is not gzero's: it has no %s" % name)


def text(pointer):
    """A C string; None for NULL."""
    address = int(pointer)
    if not address:
        return None
    got = b""
    try:
        while len(got) < TEXT:
            part = read(address + len(got), 1)
            if part == b"\0":
                break
            got += part
    except Damage:
        return "(text at 0x%x: no memory)" % address
    return "".join(chr(c) if 32 <= c < 127 else "?" for c in got)


texts = {}  # constants by address, read once while a command runs


def constant(pointer):
    address = int(pointer)
    if address not in texts:
        texts[address] = text(pointer)
    return texts[address]


def chain(first, follow, most, what):
    """Addresses of a list. Raises Damage behind those that could be reached."""
    seen = set()
    while first:
        if first in seen:
            raise Damage("%s: a loop at 0x%x" % (what, first))
        if len(seen) >= most:
            raise Damage("%s: more than %d in it" % (what, most))
        seen.add(first)
        yield first
        first = follow(first)


# ---- The machine's side -----------------------------------------------------

class Context:
    """A goroutine's registers where it stopped. Either pc is a return address,
    or pc_at is where in memory the exact pc lies (see Trampolines), and sp is
    sp_add above that, or lies sp_from above it; or pc_in is a register of no
    other use that has the pc."""

    def __init__(self, registers, pc=None, pc_at=None, sp_add=None,
                 sp_from=None, pc_in=None):
        self.registers = registers
        self.pc, self.pc_at, self.pc_in = pc, pc_at, pc_in
        self.sp_add, self.sp_from = sp_add, sp_from

    def rule(self):
        """The trampoline that it takes."""
        if self.pc_in is not None:
            return "reg", self.pc_in
        return ("from", self.sp_from) if self.sp_add is None else \
            ("add", self.sp_add)

    def through(self, arch):
        """The registers of the frame before it, which leads to it."""
        regs = dict(self.registers)
        if self.pc is not None:
            regs[arch.pc] = self.pc
            return regs
        regs[arch.pc] = trampolines.pc(arch, self)
        if self.pc_in is None:
            regs[arch.sp] = self.pc_at
        return regs


class Riscv64:
    pc, sp = "pc", "sp"
    columns = (2, 64, 64)      # DWARF: sp, pc, return address
    emachine = 243
    resumes = {"mcall_resume": "parked", "preempt_resume": "preempted",
               "fresh_resume": "fresh"}
    COOP = ["ra"] + ["s%d" % n for n in range(12)]
    ABI = ("zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 "
           "s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6").split()

    def parked(self, g, sp):
        regs = {r: read_word(sp + 8 * i) for i, r in enumerate(self.COOP)}
        regs.update(sp=sp + 112, tp=g)
        return Context(regs, pc=regs["ra"])

    def preempted(self, g, sp):
        regs = {r: read_word(sp + 8 * i) for i, r in enumerate(self.ABI)
                if r not in ("zero", "sp", "gp")}
        return Context(regs, pc_at=sp, sp_from=16)

    def fresh(self, g, sp):
        return Context({"ra": address_of("goexit") + 4, "s0": 0, "tp": g,
                        "a0": read_word(sp + 8)}, pc_at=sp, sp_add=16)

    def systemstack(self, frame):
        regs = {r: register(frame, r)
                for r in ["s%d" % n for n in range(12)] + ["sp", "tp"]}
        return Context(regs, pc=frame.pc())

    def fault(self, fp, ra, pc_at, sp_at):
        return Context({"s0": fp, "ra": ra}, pc_at=pc_at,
                       sp_from=sp_at - pc_at)

    def hart(self, frame):
        """Address of the M whose hart this is."""
        return register(frame, "tp"), register(frame, "mscratch")

    def masked(self, frame):
        return not register(frame, "mstatus") & 8

    def in_handler(self, frame):
        return None

    def interrupted(self, frame, g):
        return None

    def trapped(self, frame, g, m):
        """At the first and last instructions of a trap the registers are where
        they were, but for three, and the pc is mepc."""
        if frame.name() not in ("trap_vector", "trap_line", "trap_entry",
                                "preempt_resume"):
            return None
        regs = {r: register(frame, r) for r in self.ABI
                if r not in ("zero", "gp")}
        if frame.name() == "trap_line":
            # sp and t0 hold other things there.
            done = frame.pc() - address_of("trap_line")
            words = field(at("struct m", m), "arch")
            if done >= 8:
                regs["sp"] = int(words[0])
            if done >= 12:
                regs["t0"] = int(words[1])
        elif not g["stacklo"] <= regs["sp"] <= g["stackhi"]:
            words = field(at("struct m", m), "arch")
            regs["sp"], regs["t0"] = int(words[0]), int(words[1])
        regs.update(tp=g.address, gp=register(frame, "mepc"))
        return Context(regs, pc_in=3)


class X86_64:
    pc, sp = "rip", "rsp"
    columns = (7, 16, 16)
    emachine = 62
    resumes = {"x86_mcallresume": "parked", "x86_preemptresume": "preempted",
               "x86_startresume": "fresh"}
    PRE = ("r15 r14 r13 r12 rbx r11 r10 r9 r8 rdi rsi rdx rcx rax rbp").split()

    def parked(self, g, sp):
        regs = {r: read_word(sp + 8 + 8 * i) for i, r in enumerate(
            "r15 r14 r13 r12 rbx rbp".split())}
        regs["rsp"] = sp + 64
        return Context(regs, pc=read_word(sp + 56))

    def preempted(self, g, sp):
        sp += 512  # FXSAVE
        regs = {r: read_word(sp + 8 * i) for i, r in enumerate(self.PRE)}
        sp += 8 * len(self.PRE)
        regs["eflags"] = read_word(sp + 16)
        return Context(regs, pc_at=sp, sp_from=24)

    def fresh(self, g, sp):
        return Context({"rdi": read_word(sp), "rbp": 0}, pc_at=sp + 8,
                       sp_add=8)

    def systemstack(self, frame):
        regs = {r: register(frame, r)
                for r in "rbx rbp r12 r13 r14 r15 rsp".split()}
        return Context(regs, pc=frame.pc())

    def fault(self, fp, ra, pc_at, sp_at):
        return Context({"rbp": fp}, pc_at=pc_at, sp_from=sp_at - pc_at)

    def hart(self, frame):
        return register(frame, "gs_base"),

    def masked(self, frame):
        return not register(frame, "eflags") & 0x200

    def in_handler(self, frame):
        return None

    def interrupted(self, frame, g):
        return None

    def trapped(self, frame, g, m):
        return None


class Armv7m:
    pc, sp = "pc", "sp"
    columns = (13, 15, 14)
    emachine = 40
    resumes = {"gocoop": "parked", "gopreempted": "preempted",
               "gofresh": "fresh"}
    SAVED = ["r%d" % n for n in range(4, 12)]
    THUMB = 0x01000000
    PSP, NOFP, ALIGNED = 4, 0x10, 0x200

    def parked(self, g, sp):
        if self.fp():
            control = read_word(sp)
            sp += 4 + (68 if control & 4 else 0)
        regs = {r: read_word(sp + 4 * i) for i, r in enumerate(self.SAVED)}
        regs.update(sp=sp + 36, xpsr=self.THUMB)
        return Context(regs, pc=read_word(sp + 32) & ~1)

    def fp(self):
        """Is it built for FP? Then gocoop begins with a load of CONTROL."""
        code, = struct.unpack("<H", read(address_of("gocoop") & ~1, 2))
        return code & 0xfff0 == 0xf850

    def preempted(self, g, sp):
        regs = {r: read_word(sp + 4 * i) for i, r in enumerate(self.SAVED)}
        exc = read_word(sp + 32)
        return self.stacked(sp + 36 + (0 if exc & self.NOFP else 64), exc,
                            regs)

    def stacked(self, frame, exc, regs):
        """What the core pushes at an exception lies at frame."""
        for i, r in enumerate("r0 r1 r2 r3 r12 lr".split()):
            regs[r] = read_word(frame + 4 * i)
        xpsr = regs["xpsr"] = read_word(frame + 28)
        above = 32 + (0 if exc & self.NOFP else 72) + \
            (4 if xpsr & self.ALIGNED else 0)
        return Context(regs, pc_at=frame + 24, sp_add=above - 24)

    def fresh(self, g, sp):
        return Context({"r0": read_word(sp), "xpsr": self.THUMB, "r7": 0,
                        "lr": (address_of("goexit") | 1) + 2},
                       pc_at=sp + 4, sp_add=4)

    def systemstack(self, frame):
        regs = {r: register(frame, r) for r in self.SAVED + ["sp", "lr"]}
        regs["xpsr"] = self.THUMB
        return Context(regs, pc=frame.pc())

    def fault(self, fp, ra, pc_at, sp_at):
        return Context({"r7": fp, "lr": ra | 1, "xpsr": self.THUMB},
                       pc_at=pc_at, sp_from=sp_at - pc_at)

    def hart(self, frame):
        # One hart; arch_cur.g may lag behind.
        return int(field(at("struct g", int(gdb.parse_and_eval(
            "(unsigned long)arch_cur.g0"))), "m")),

    def masked(self, frame):
        try:
            return bool(register(frame, "primask") & 1 or
                        register(frame, "basepri"))
        except (gdb.error, ValueError):
            return None  # QEMU 7 does not tell

    def in_handler(self, frame):
        return register(frame, "xpsr") & 0x1ff != 0

    def interrupted(self, frame, g):
        """The context of g, which a handler has interrupted. frame is
        the entry's; the core has pushed r0-r3, r12, lr, pc and xpsr where
        PSP says, and the rest is still in registers. QEMU 7 does not show PSP:
        then it is the first such block on the stack from which a walk arrives."""
        g0 = at("struct g", int(gdb.parse_and_eval(
            "(unsigned long)arch_cur.g0")))
        exc = register(gdb.newest_frame(), "lr")  # at its first instructions
        if exc >> 8 != 0xffffff:
            exc = read_word(int(field(field(g0, "sched"), "sp")) - 4)
        if exc >> 4 & 0xffffffe != 0xffffffe or not exc & self.PSP:
            return None
        regs = {r: register(frame, r) for r in self.SAVED}
        lo, hi = number(g, "stacklo"), number(g, "stackhi")
        try:
            return self.stacked(register(frame, "psp"), exc, dict(regs))
        except (gdb.error, ValueError):
            pass
        stack = b""
        while lo + len(stack) < hi:
            try:
                stack += read(lo + len(stack), 32)
            except Damage:  # QEMU takes a guard for the page that it is in
                stack += bytes(32)
        words = struct.unpack("<%dI" % (len(stack) // 4), stack)
        text_lo, text_hi = address_of("__text_start"), address_of("__text_end")
        for i in range(0, len(words) - 8, 2):
            pc, xpsr = words[i + 6:i + 8]
            if xpsr & 0x010001ff == self.THUMB and not pc & 1 and \
                    text_lo <= pc < text_hi:
                context = self.stacked(lo + 4 * i, exc, dict(regs))
                if arrives(context):
                    return context
        return None


    def trapped(self, frame, g, m):
        """mcall has left the goroutine's stack and not written down where."""
        try:
            return self.parked(g.address, register(frame, "psp")) \
                if frame.name() == "mcall" else None
        except (gdb.error, ValueError):
            return None


def machine():
    name = gdb.selected_inferior().architecture().name() if hasattr(
        gdb.selected_inferior(), "architecture") else \
        gdb.selected_frame().architecture().name()
    for prefix, cls in (("riscv", Riscv64), ("i386:x86-64", X86_64),
                        ("arm", Armv7m)):
        if name.startswith(prefix):
            return cls()
    fail("gzero does not run on %s" % name)


def register(frame, name):
    v = frame.read_register(name)
    if v.is_optimized_out:
        raise ValueError("%s is lost" % name)
    size = v.type.sizeof
    if v.type.strip_typedefs().code not in (gdb.TYPE_CODE_INT,
                                            gdb.TYPE_CODE_PTR):
        v = v.cast(gdb.lookup_type("unsigned int" if size == 4
                                   else "unsigned long"))
    return int(v) & (1 << 8 * size) - 1


# ---- Looking from another place ---------------------------------------------

class Trampolines:
    """An interrupted pc must be looked up as it is, not as a return address,
    whose call lies before it. gdb does so above a signal frame only. So here
    are some, as debug information for addresses that nobody executes (data of
    the image, for some of gdb's unwinders read what lies at pc): sp points at
    the pc, and each address has another rule for where sp was."""

    RULES = (("from", 4), ("from", 8), ("add", 4), ("add", 8), ("add", 12), ("add", 16), ("add", 80),
             ("add", 84), ("from", 16), ("from", 24), ("reg", 3))
    STEP = 16

    def __init__(self):
        self.files = {}

    def ready(self, arch):
        self.load(arch, address_of("allm"))

    def pc(self, arch, context):
        self.ready(arch)
        return address_of("allm") + self.STEP // 2 + \
            self.RULES.index(context.rule()) * self.STEP

    def loaded(self):
        return self.files.get(address_of("allm")) in [
            o.filename for o in gdb.objfiles()]

    def load(self, arch, base):
        name = self.files.get(base)
        if name in [o.filename for o in gdb.objfiles()]:
            return
        if name is None:
            f = tempfile.NamedTemporaryFile(prefix="gzero-frames.")
            f.write(self.elf(arch, base))
            f.flush()
            self.files[base] = name = os.path.realpath(f.name)
            atexit.register(f.close)  # gdb reads it again and again
        with Setting("confirm", "off"):
            gdb.execute("add-symbol-file " + name, to_string=True)

    def elf(self, arch, base):
        size = word().sizeof
        sp, pc, ra = arch.columns

        def entry(body):
            body += bytes(-(len(body) + 4) % size)  # DW_CFA_nop
            return struct.pack("<I", len(body)) + body

        def uleb(n):
            return bytes([n]) if n < 128 else bytes([n & 127 | 128, n >> 7])

        # version 1, "S": a signal frame; factors 1; def_cfa sp, 0;
        # pc at CFA + 0
        frames = entry(struct.pack("<I", 0xffffffff) + b"\1S\0" + uleb(1) +
                       uleb(1) + bytes([ra]) + b"\x0c" + uleb(sp) + uleb(0) +
                       b"\x11" + uleb(pc) + uleb(0))
        for i, (kind, n) in enumerate(self.RULES):
            if kind == "reg":  # register; that one is undefined then
                rule = b"\x09" + uleb(pc) + uleb(n) + b"\x07" + uleb(n)
            else:  # val_offset, or offset
                rule = (b"\x14" if kind == "add" else b"\x05") + uleb(
                    sp) + uleb(n)
            frames += entry(struct.pack(
                "<IQQ" if size == 8 else "<III", 0, base + i * self.STEP,
                self.STEP) + rule)
        names = b"\0.debug_frame\0.shstrtab\0"
        form = "<16sHHIQQQIHHHHHH" if size == 8 else "<16sHHIIIIIHHHHHH"
        head = struct.calcsize(form)
        sform = "<IIQQQQIIQQ" if size == 8 else "<IIIIIIIIII"
        table = head + len(frames) + len(names)
        return struct.pack(
            form, b"\x7fELF" + bytes([2 if size == 8 else 1, 1, 1]) + bytes(9),
            2, arch.emachine, 1, 0, 0, table, 0x5000000 * (size == 4), head,
            0, 0, struct.calcsize(sform), 3, 2) + frames + names + bytes(
                struct.calcsize(sform)) + struct.pack(
                    sform, 1, 1, 0, 0, head, len(frames), 0, 0, 1, 0) + \
            struct.pack(sform, 14, 3, 0, 0, head + len(frames), len(names),
                        0, 0, 1, 0)


class Setting:
    """A setting of gdb's, for a while."""

    def __init__(self, name, value):
        self.name, self.value = name, value

    def __enter__(self):
        old = gdb.parameter(self.name)
        self.old = "on" if old is True else "off" if old is False else old
        gdb.execute("set %s %s" % (self.name, self.value))

    def __exit__(self, *_):
        gdb.execute("set %s %s" % (self.name, self.old))


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class Jump(gdb.unwinder.Unwinder):
    """Says who called the innermost frame of a hart, while `to` is set. And who
    called sigpanic: nobody, the goroutine faulted and went on there."""

    def __init__(self):
        super().__init__("gzero")
        self.to = self.thread = self.at = None
        self.skip = 0

    def __call__(self, pending):
        if self.to is not None:
            if gdb.selected_thread().ptid == self.thread and \
                    self.where(machine(), pending) == self.at:
                return self.called(pending, self.to, 0, 0)
        try:
            return self.faulted(pending)
        except (Damage, gdb.error, gdb.GdbError, ValueError, KeyError):
            return None

    @staticmethod
    def where(arch, frame):
        """What tells the hart's own frame from others."""
        return [int(frame.read_register(r).cast(word()))
                for r in (arch.pc, arch.sp)]

    @staticmethod
    def called(pending, registers, sp, pc):
        info = pending.create_unwind_info(FrameId(gdb.Value(sp),
                                                  gdb.Value(pc)))
        for name, value in registers.items():
            try:
                kind = pending.read_register(name).type
            except (ValueError, gdb.error):
                continue  # not in this server's list
            info.add_saved_register(name, gdb.Value(
                value.to_bytes(kind.sizeof, "little"), kind))
        return info

    def faulted(self, pending):
        symbol = gdb.lookup_static_symbol("sigpanic")
        if symbol is None or pending.level() == 0:
            return None
        arch = machine()
        start = int(symbol.value().address)
        pc = int(pending.read_register(arch.pc))
        if not start & ~1 < pc or pc > gdb.block_for_pc(start & ~1).end or \
                not trampolines.loaded():
            return None
        sp = int(pending.read_register(arch.sp).cast(word()))
        world.survey()
        for g in world.in_memory():
            if g["stacklo"] <= sp < g["stackhi"]:
                c = self.fault(arch, g, sp)
                if c is None:
                    return None
                return self.called(pending, c.through(arch), sp, start & ~1)
        return None

    @staticmethod
    def fault(arch, g, sp):
        """Where g was when it faulted and went on in sigpanic, at sp."""
        faults = [number(at("struct _panic", p), "fault") for p in chain(
            g["panic"], lambda p: number(at("struct _panic", p), "link"), 64,
            "panics")]
        above = [f for f in faults if sp <= f < g["stackhi"]]
        if not above:
            return None
        regs = gdb.Value(min(above)).cast(
            gdb.lookup_type("struct sigregs").pointer()).dereference()
        u = field(regs, "at")
        return arch.fault(number(u, "fp"), number(u, "ra"), int(
            field(u, "pc").address), int(field(u, "sp").address))


jump, trampolines = Jump(), Trampolines()
gdb.unwinder.register_unwinder(None, jump, replace=True)


class Hidden:
    """The frame filter: what was put in front of a goroutine's frames."""

    def __init__(self):
        self.name, self.priority, self.enabled = "gzero", 10000, True
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        if not jump.to:
            return frames
        return (f for f in frames if f.inferior_frame().level() >= jump.skip)


Hidden()


class View:
    """Frames as seen from a context, on one of gdb's threads."""

    def __init__(self, context=None, thread=None):
        self.context, self.thread = context, thread

    def __enter__(self):
        self.before = gdb.selected_thread()
        self.frame = gdb.selected_frame().level()
        self.outer = jump.to, jump.thread, jump.skip
        try:
            if self.thread is not None:
                self.thread.switch()
            if self.context is not None:
                self.set()
                self.first().select()
        except BaseException:
            self.__exit__()
            raise
        return self

    def set(self):
        arch = machine()
        regs = self.context.through(arch)
        frame, skip = gdb.newest_frame(), 2 if self.context.pc is None else 1
        jump.at = jump.where(arch, frame)
        while frame is not None and frame.type() == gdb.INLINE_FRAME:
            frame, skip = frame.older(), skip + 1
        jump.to, jump.skip = regs, skip
        jump.thread = gdb.selected_thread().ptid
        gdb.invalidate_cached_frames()

    def first(self):
        frame = gdb.newest_frame()
        if self.context is not None:
            for _ in range(jump.skip):
                frame = frame.older()
                if frame is None:
                    raise Damage("its stack cannot be read")
        return frame

    def __exit__(self, *_):
        jump.to, jump.thread, jump.skip = self.outer
        try:
            gdb.newest_frame().select()
            gdb.invalidate_cached_frames()
            if self.before is not None and self.before.is_valid():
                self.before.switch()
            frame = gdb.newest_frame()
            while frame.level() < self.frame:
                frame = frame.older()
            frame.select()
        except (gdb.error, AttributeError):
            pass  # the target has moved meanwhile: nothing to go back to


def frames(first):
    """Frames from the first one on, however far that goes."""
    for _ in range(FRAMES):
        if first is None:
            return
        yield first
        try:
            first = first.older()
        except gdb.error:
            return


def ends(first):
    """Does the walk end where every goroutine begins?"""
    last = None
    for last in frames(first):
        pass
    return last is not None and last.name() == "goexit"


def arrives(context):
    try:
        with View(context) as view:
            return ends(view.first())
    except (Damage, gdb.error):
        return False


def on_cont(_event):
    jump.to = None  # the frames that were meant are gone


gdb.events.cont.connect(on_cont)

# ---- Goroutines -------------------------------------------------------------


class Goroutine:
    def __init__(self, address, value):
        self.address, self.value = address, value
        self.id = number(value, "goid")
        self.status = number(value, "status")

    def __getitem__(self, name):
        return number(self.value, name)

    def state(self):
        names = world.states
        if self.status >= len(names):
            return "status %d?" % self.status
        return names[self.status][1:]

    def waiting(self):
        return self.state() == "waiting"

    def reason(self):
        return (constant(field(self.value, "waitreason")) or "?"
                if self.waiting() else None)

    def notes(self):
        if self["system"]:
            yield "system"
        if self["lockedcount"]:
            hart = world.hart_of(self["lockedm"])
            yield "locked" if hart is None else "locked to hart %d" % hart
        if self["panic"]:
            yield "panics"

    def created(self):
        if self["gopc"]:
            return "%s, goroutine %d" % (place(self["gopc"] & ~1, False),
                                         self["parentgoid"])
        return "the kernel"

    def saved(self, inside=None):
        """The context that lies on the stack of one that does not run. inside:
        the resume routine that takes it up just now, which has written where the
        next one goes on already."""
        arch = machine()
        buf = field(self.value, "sched")
        sp, pc = number(buf, "sp"), number(buf, "pc")
        for name, how in arch.resumes.items():
            if name == inside or inside not in arch.resumes and \
                    pc & ~1 == address_of(name) & ~1:
                break
        else:
            raise Damage("its saved pc, 0x%x, is no place to go on from" % pc)
        lo, hi = self["stacklo"], self["stackhi"]
        if not lo <= sp < hi:
            raise Damage("its saved sp, 0x%x, is not in its stack, "
                         "0x%x to 0x%x" % (sp, lo, hi))
        return how, getattr(arch, how)(self.address, sp)

    def view(self):
        """From where to look at it."""
        state = self.state()
        if state in ("idle", "dead"):
            raise Damage("it is dead")
        if state != "running" and not self.leaving():
            return View(self.saved()[1])
        hart = world.hart_of(self["m"])
        thread = world.threads().get(hart)
        if thread is None:
            raise Damage("no thread of gdb's is its hart, M 0x%x" % self["m"])
        return self.running(thread)

    def leaving(self):
        """Is a hart still about to leave it, whatever its status says? With
        several harts others may wait for that (gswitch)."""
        hart = world.hart_of(self["m"])
        if hart is None:
            return False
        m = int(variable("allm")[hart].address)
        return number(at("struct m", m), "curg") == self.address

    def running(self, thread):
        """A hart runs it, or is about to, or has just run it. The hart's frames
        lead to it, unless they end on the system's stack."""
        lo, hi = self["stacklo"] - 4096, self["stackhi"]
        arch = machine()
        with View(thread=thread):
            first = gdb.newest_frame()
            mine = [lo <= register(f, arch.sp) <= hi for f in frames(first)]
            if any(mine) and ends(first):
                return View(thread=thread)
            for context in self.others(arch, first, not mine[0]):
                if context is not None and arrives(context):
                    return View(context, thread)
        return View(thread=thread)

    def others(self, arch, first, away):
        """Where it may be, if the hart's own frames do not lead to it. first
        must not be used once another context was tried: gdb forgets it."""
        name = first.name()
        found = [arch.trapped(first, self, self["m"])]
        for f in frames(first):
            if f.name() == "arch_systemstack":
                found.append(arch.systemstack(f))
            elif f.name() in ("arch_irqentry", "arch_lineentry",
                              "arch_faultentry"):
                found.append(arch.interrupted(f, self.value))
        if away or name in SWITCHES or name in arch.resumes:
            try:
                found.append(self.saved(name)[1])
            except Damage:
                pass
        return found

    def where(self):
        """Function and line: the first that is the program's own."""
        first = None
        with self.view() as view:
            for f in frames(view.first()):
                sal = f.find_sal()
                name = f.name() or "0x%x" % f.pc()
                path = sal.symtab.filename if sal.symtab else ""
                here = "%s at %s:%d" % (name, path, sal.line) if path else name
                first = first or here
                if path and not KERNEL.search(path):
                    return here
        return first or "?"


def place(pc, exact):
    """Function and line of a code address, a return address unless exact."""
    at_pc = pc - (not exact)
    block = gdb.block_for_pc(at_pc)
    while block is not None and block.function is None:
        block = block.superblock
    sal = gdb.find_pc_line(at_pc)
    name = block.function.name if block is not None else "0x%x" % pc
    if sal.symtab is None:
        return name
    return "%s at %s:%d" % (name, sal.symtab.filename, sal.line)


class World:
    """What one command needs of the kernel, read at its start."""

    def start(self):
        texts.clear()
        self.harts = None
        inferior = gdb.selected_inferior()
        if any(t.is_running() for t in inferior.threads()):
            fail(RUNNING)
        self.states = STATES.split()
        for i, name in enumerate(self.states):
            if self.states_of(name) != i:
                fail("gzero.py does not know this kernel's states: %s" % name)
        variable("gpool")
        if gdb.selected_thread() is None:
            fail("no target: target remote ... first (or make debug)")
        pool = self.pool("gpool")
        allg = variable("allg")
        size = allg.type.target().sizeof
        booting = [BOOT.search(f) for f in self.files()]
        if booting and all(booting):
            fail("the scheduler has not started: the machine is in its boot "
                 "code")
        if number(pool, "base") != int(allg.address) or \
                number(pool, "size") != size:
            fail("the scheduler has not started: .data is not in place yet "
                 "(or this is not the image that the machine runs)")
        if number(pool, "fresh") == 0:
            fail("the scheduler has not started: there is no goroutine yet")
        trampolines.ready(machine())
        self.survey()

    def survey(self):
        """Where the goroutines are."""
        allg = variable("allg")
        n, most = number(self.pool("gpool"), "fresh"), allg.type.range()[1] + 1
        self.notes = []
        if n > most:
            self.notes.append("gpool.fresh is %d, but there are only %d "
                              "goroutines" % (n, most))
            n = most
        self.base, self.n = int(allg.address), n
        self.size = allg.type.target().sizeof

    def states_of(self, name):
        try:
            return int(gdb.parse_and_eval(name))
        except gdb.error:
            fail("this image is not gzero's: it has no %s" % name)

    def files(self):
        """The file in which each hart is."""
        found = []
        with View():
            for t in gdb.selected_inferior().threads():
                t.switch()
                symtab = gdb.find_pc_line(gdb.newest_frame().pc()).symtab
                found.append(symtab.filename if symtab else
                             "boot/rom" if self.outside() else "")
        return found

    def outside(self):
        pc = gdb.newest_frame().pc()
        return not address_of("__text_start") <= pc < address_of("__text_end")

    def pool(self, name):
        return at("struct pool", int(variable(name).address))

    def goroutines(self):
        """All of them, the dead ones too, the oldest first."""
        return sorted(self.in_memory(), key=lambda g: g.id)

    def in_memory(self):
        t = gdb.lookup_type("struct g")
        try:
            data = read(self.base, self.n * self.size)
            for i in range(self.n):
                yield Goroutine(self.base + i * self.size, gdb.Value(
                    data[i * self.size:(i + 1) * self.size], t))
        except Damage:
            self.notes.append("allg at 0x%x: no memory" % self.base)

    def living(self):
        return [g for g in self.goroutines()
                if g.state() not in ("idle", "dead")]

    def goroutine(self, goid):
        for g in self.living():
            if g.id == goid:
                return g
        fail("there is no goroutine %d (info goroutines lists them)" % goid)

    def named(self, address):
        """What to call the goroutine at an address."""
        off = address - self.base
        if not address or off < 0 or off % self.size or \
                off // self.size >= self.n:
            return "0x%x?" % address
        g = Goroutine(address, at("struct g", address))
        return "%d" % g.id

    def hart_of(self, m):
        """Number of the hart whose M this is; None if it is none."""
        allm = variable("allm")
        off, size = m - int(allm.address), allm.type.target().sizeof
        if off < 0 or off % size or off // size >= int(variable("ncpu")):
            return None
        return off // size

    def threads(self):
        """gdb's thread of each hart, by number."""
        if self.harts is None:
            self.harts = {}
            arch = machine()
            with View():
                for t in gdb.selected_inferior().threads():
                    t.switch()
                    try:
                        for m in arch.hart(gdb.newest_frame()):
                            hart = self.hart_of(m)
                            if hart is not None:
                                self.harts[hart] = t
                    except (Damage, ValueError, gdb.error):
                        pass
        return self.harts

    def latest(self):
        """The latest moment that the memory tells of. The clock itself is a
        device's, or (x86_64) a register that no debugger shows."""
        return max([g["waitsince"] for g in self.goroutines()] or [0])


world = World()


def duration(ns):
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if ns >= size:
            return "%.4g %s" % (ns / size, unit)
    return "%d ns" % ns


def table(rows):
    """Columns as wide as they need to be; the last one as it is."""
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]) - 1)]
    for r in rows:
        line = "  ".join([c.ljust(w) for c, w in zip(r, widths)] + [r[-1]])
        gdb.write(line.rstrip() + "\n")


def notes(lines):
    for line in lines:
        gdb.write("! %s\n" % line)


# ---- Commands ---------------------------------------------------------------

class Command(gdb.Command):
    """What all have in common: a broken structure is a line of text."""

    NAME = None
    COMPLETE = gdb.COMPLETE_NONE

    def __init__(self):
        if self.COMPLETE is None:
            super().__init__(self.NAME, gdb.COMMAND_STATUS)
        else:
            super().__init__(self.NAME, gdb.COMMAND_STATUS, self.COMPLETE)

    def invoke(self, words, tty):
        self.dont_repeat()
        try:
            self.run(words)
        except Damage as e:
            fail("%s: %s" % (self.NAME, e))
        except gdb.GdbError:
            raise
        except gdb.error as e:
            if "while the target is running" in str(e):
                fail(RUNNING)
            fail("%s: %s" % (self.NAME, e))

    def alone(self, words):
        if words.strip():
            fail("%s takes no argument" % self.NAME)


class InfoGoroutines(Command):
    """List the goroutines that are alive.

Usage: info goroutines

For each: its number (* before those that run), state, what it waits for and
since when (at least: up to the latest moment that the kernel has noted down),
the first place on its stack that is the program's own, and the go statement
that started it."""

    NAME = "info goroutines"

    def run(self, words):
        self.alone(words)
        world.start()
        rows, dead = [], 0
        now = world.latest()
        for g in world.goroutines():
            if g.state() in ("idle", "dead"):
                dead += 1
                continue
            rows.append(self.row(g, now))
        if rows:
            table([("  id", "state", "for", "where", "created by")] + rows)
        gdb.write("%d alive, %d dead\n" % (len(rows), dead))
        notes(world.notes)

    def row(self, g, now):
        state, since = g.state(), ""
        if g.waiting():
            state = g.reason()
            if g["waitsince"]:
                since = "> " + duration(max(0, now - g["waitsince"]))
        elif state == "runnable":
            try:
                how = g.saved()[0]
                state += "" if how == "parked" else ", " + how
            except Damage:
                pass
        elif state == "running":
            hart = world.hart_of(g["m"])
            state += " on hart %s" % ("?" if hart is None else hart)
        state = ", ".join([state] + list(g.notes()))
        try:
            where = g.where()
        except (Damage, gdb.error, ValueError) as e:
            where = "! " + str(e)
        name = constant(field(g.value, "name"))
        return (("* " if g.state() == "running" else "  ") + str(g.id) +
                (" %s" % name if name else ""), state, since, where,
                g.created())


class GoroutineCommand(Command):
    """Do a command as a goroutine sees it.

Usage: goroutine NUMBER [COMMAND...]
       goroutine all COMMAND...

The command (bt if there is none) has the goroutine's frames: bt, frame 3, info
locals, up, print x. In a backtrace the numbers begin with 1 or 2: frame 0 is
where the hart is that gdb looks through. Nothing in the target is changed, and
afterwards the selected thread and frame are as before."""

    NAME = "goroutine"
    COMPLETE = None

    def complete(self, line, part):
        done = line[:len(line) - len(part)].split() if part else line.split()
        if done:
            return gdb.COMPLETE_COMMAND
        try:
            world.start()
            return [w for w in ["all"] + [str(g.id) for g in world.living()]
                    if w.startswith(part or "")]
        except (gdb.error, gdb.GdbError, Damage):
            return []

    def run(self, words):
        who, _, command = words.strip().partition(" ")
        command = command.strip() or "bt"
        if who != "all" and not who.isdigit():
            fail("goroutine NUMBER COMMAND, or goroutine all COMMAND")
        world.start()
        if who != "all":
            self.one(world.goroutine(int(who)), command)
            return
        for g in world.living():
            gdb.write("\ngoroutine %d [%s]:\n" % (
                g.id, ", ".join([g.reason() or g.state()] + list(g.notes()))))
            try:
                self.one(g, command)
            except (Damage, gdb.error, gdb.GdbError, ValueError) as e:
                gdb.write("! %s\n" % e)
            if g["gopc"]:
                gdb.write("created by %s\n" % g.created())
        notes(world.notes)

    def one(self, g, command):
        try:
            with g.view():
                gdb.execute(command)
        except ValueError as e:
            raise Damage("goroutine %d: %s" % (g.id, e))


class InfoHarts(Command):
    """List the harts: M, P, goroutine, and what each does.

Usage: info harts

What it does: runs a goroutine; kernel: on the system's stack, for a goroutine
or to find one; in a handler; spinning: looking for work to steal; idle. Then
whether its interrupts are on, and how many it has taken."""

    NAME = "info harts"

    def run(self, words):
        self.alone(words)
        world.start()
        rows = []
        threads = world.threads()
        allm = variable("allm")
        size = allm.type.target().sizeof
        for i in range(min(int(variable("ncpu")), allm.type.range()[1] + 1)):
            rows.append(self.row(i, int(allm.address) + i * size,
                                 threads.get(i)))
        table([("hart", "thread", "P", "g", "does", "interrupts", "where")] +
              rows)
        s = at("struct schedt", int(variable("sched").address))
        gdb.write("%d Ps run goroutines, %d in the global queue%s%s\n" % (
            int(variable("gomaxprocs")), number(s, "runqsize"),
            ", the world is stopped" if number(s, "gcwaiting") else "",
            ", the machine is dying" if int(variable("dying")) else ""))

    def row(self, i, address, thread):
        m = at("struct m", address)
        p, curg, g0 = (number(m, n) for n in ("p", "curg", "g0"))
        if not g0:
            return (str(i), "", "", "", "not started", "", "")
        name = "P%d, %s queued" % self.queue(p) if p else "-"
        who = world.named(curg) if curg else "-"
        does, masked, where = "?", None, "?"
        if thread is not None:
            with View(thread=thread):
                frame = gdb.newest_frame()
                does = self.does(m, curg, frame)
                masked = machine().masked(frame)
                where = place(frame.pc(), True)
        return (str(i), str(thread.num) if thread else "-", name, who, does,
                "%s, %d" % ({True: "off", False: "on", None: "?"}[masked],
                            number(m, "interrupts")), where)

    def queue(self, p):
        """A ring's two counts, or (one hart) a list's two ends."""
        p = at("struct p", p)
        head = field(p, "runqhead")
        n = bool(number(p, "runnext"))
        if head.type.strip_typedefs().code != gdb.TYPE_CODE_PTR:
            n += number(p, "runqtail") - int(head) & 0xffffffff
            return number(p, "id"), "%d" % n
        try:
            n += len(list(chain(int(head), lambda g: number(
                at("struct g", g), "schedlink"), world.n, "runq")))
        except Damage:
            return number(p, "id"), "?"
        return number(p, "id"), "%d" % n

    def does(self, m, curg, frame):
        arch = machine()
        inside = arch.in_handler(frame)
        if inside is None:
            inside = any(f.type() == gdb.SIGTRAMP_FRAME
                         for f in frames(frame))
        if inside:
            return "in a handler"
        if curg:
            g = at("struct g", curg)
            if number(g, "stacklo") - 4096 <= register(frame, arch.sp) <= \
                    number(g, "stackhi"):
                return "runs"
            return "kernel"
        if number(m, "spinning"):
            return "spinning"
        if number(m, "sleeping") or number(m, "parked"):
            return "idle"
        return "kernel"


class InfoPools(Command):
    """Show how full each pool is.

Usage: info pools

Used now, used at most, size of the pool, bytes of a block, and the setting in
include/config.h that makes it larger. Channel buffers are counted in bytes."""

    NAME = "info pools"

    def run(self, words):
        self.alone(words)
        world.start()
        rows, bad = [], []
        for address in self.all(bad):
            p = at("struct pool", address)
            used, fresh, n = (number(p, x) for x in ("used", "fresh", "n"))
            name = constant(field(p, "name")) or "?"
            rows.append((name, str(used), str(n - used), str(
                number(p, "high")), str(n), str(
                    number(p, "size") - number(p, "guard")), constant(
                        field(p, "setting")) or "?"))
            try:
                free = len(free_blocks(p))
                if used + free != fresh or fresh > n:
                    bad.append("pool %s: %d used and %d given back are not "
                               "the %d of %d that were handed out" % (
                                   name, used, free, fresh, n))
            except Damage as e:
                bad.append("pool %s: %s" % (name, e))
        arena = static("kernel/chanbuf.c", "arena")
        if arena is not None:
            used = int(static("kernel/chanbuf.c", "used"))
            rows.append(("channel buffers", str(used), str(
                arena.type.sizeof - used), str(int(static(
                    "kernel/chanbuf.c", "high"))), str(arena.type.sizeof), "1",
                "CHANBUF_BYTES"))
        table([("pool", "used", "free", "high", "size", "bytes",
                "setting")] + rows)
        notes(bad)

    def all(self, bad):
        found = [int(variable(n).address) for n in ("gpool", "chanpool")]
        pools = static("kernel/stack.c", "pools")
        if pools is not None:
            size = pools.type.target().sizeof
            found[1:1] = [int(pools.address) + i * size
                          for i in range(pools.type.range()[1] + 1)]
        for path, name in STATICS:
            if name in OPTIONAL:
                v = static(path, name)
                if v is not None:
                    found.append(int(v.address))
        try:
            for a in chain(int(variable("allpools")), lambda a: number(
                    at("struct pool", a), "link"), 64, "the list of pools"):
                found.append(a)
        except Damage as e:
            bad.append(str(e))
        return list(dict.fromkeys(found))


def free_blocks(p):
    """The blocks of a pool that were given back."""
    base, size, fresh = (number(p, n) for n in ("base", "size", "fresh"))
    found = []
    for b in chain(number(p, "free"), read_word, min(fresh, number(p, "n")),
                   "the list of free blocks"):
        off = b - base
        if off < 0 or off % size or off // size >= fresh:
            raise Damage("the list of free blocks has 0x%x, which is none" % b)
        found.append(b)
    return set(found)


class InfoChannels(Command):
    """List the channels.

Usage: info channels

Those of chan_make that have not been freed, static ones of files, and any that
a goroutine waits for: address, values in the buffer and its room, bytes of a
value, and the goroutines that wait to send and to receive."""

    NAME = "info channels"

    def run(self, words):
        self.alone(words)
        world.start()
        bad = []
        rows = [self.row(a, kind, bad) for a, kind in self.all(bad).items()]
        if rows:
            table([("channel", "len/cap", "bytes", "", "sending",
                    "receiving")] + rows)
        else:
            gdb.write("no channels\n")
        notes(bad + world.notes)

    def all(self, bad):
        p = world.pool("chanpool")
        found = {}
        try:
            free = free_blocks(p)
        except Damage as e:
            bad.append("pool %s: %s; free channels are listed too" % (
                constant(field(p, "name")), e))
            free = set()
        base, size = number(p, "base"), number(p, "size")
        for i in range(min(number(p, "fresh"), number(p, "n"))):
            if base + i * size not in free:
                found[base + i * size] = ""
        for line in gdb.execute("info variables -q -t hchan",
                                to_string=True).split("\n"):
            m = re.search(r"\bstruct hchan (\w+)\[", line)
            for symbol in gdb.lookup_static_symbols(m.group(1)) if m else ():
                found.setdefault(int(symbol.value().address), symbol.name)
        for g in world.living():
            try:
                for a in self.waited(g):
                    found.setdefault(a, "")
            except Damage as e:
                bad.append("goroutine %d: %s" % (g.id, e))
        return found

    def waited(self, g):
        """Channels that g waits for. A send or a receive has the channel's lock
        for its argument, which is its first word; a select itself."""
        reason, arg = g.reason(), g["waitarg"]
        if not arg:
            return
        if reason in ("chan send", "chan receive"):
            yield arg
        elif reason == "select":
            s = at("struct sel", arg)
            if number(s, "n") > 65535:
                raise Damage("a select of %d cases" % number(s, "n"))
            size = gdb.lookup_type("struct scase").sizeof
            kinds = [int(gdb.parse_and_eval(k))
                     for k in ("SCASE_RECV", "SCASE_SEND")]
            for i in range(number(s, "n")):
                k = at("struct scase", number(s, "cases") + i * size)
                if number(k, "kind") in kinds and number(k, "c"):
                    yield number(k, "c")

    def row(self, address, name, bad):
        what = "0x%x" % address + (" " + name if name else "")
        try:
            c = at("struct hchan", address)
        except Damage as e:
            bad.append(str(e))
            return (what, "?", "?", "?", "?", "?")
        return (what, "%d/%d" % (number(c, "qcount"), number(c, "dataqsiz")),
                str(number(c, "elemsize")),
                "closed" if number(c, "closed") else "open",
                self.queue(c, "sendq", what, bad),
                self.queue(c, "recvq", what, bad))

    def queue(self, c, name, what, bad):
        waiting = []
        try:
            q = field(c, name)
            for a in chain(number(q, "first"), lambda a: number(
                    at("struct sudog", a), "next"), 4 * world.n,
                    "channel %s: %s" % (what, name)):
                waiting.append(world.named(number(at("struct sudog", a), "g")))
        except Damage as e:
            bad.append(str(e))
        return " ".join(waiting) or "-"


class Gzero(gdb.Command):
    """gzero's own commands: gzero check."""

    def __init__(self):
        super().__init__("gzero", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE, True)


class Check(Command):
    """Look whether the image has everything that these commands read.

Usage: gzero check

Needs no target, only the image."""

    NAME = "gzero check"

    def run(self, words):
        self.alone(words)
        lost = []
        for kind, names in NEEDS.items():
            try:
                have = {f.name for f in gdb.lookup_type(kind).fields()}
                lost += ["%s.%s" % (kind, n) for n in names.split()
                         if n not in have]
            except gdb.error:
                lost.append(kind)
        for name in VARIABLES.split():
            if gdb.lookup_global_symbol(name) is None:
                lost.append(name)
        for path, name in STATICS:
            if static_missing(path, name):
                lost.append("%s:%s" % (path, name))
        for i, name in enumerate(STATES.split()):
            try:
                if int(gdb.parse_and_eval(name)) != i:
                    lost.append("%s = %d" % (name, i))
            except gdb.error:
                lost.append(name)
        for name in list(machine().resumes) + ["goexit", "arch_systemstack"]:
            try:
                gdb.parse_and_eval("&'%s'" % name)
            except gdb.error:
                lost.append(name)
        if lost:
            fail("the image lacks %s" % ", ".join(lost))
        gdb.write("the image has all that gzero.py reads\n")


def static_missing(path, name):
    if name in OPTIONAL:
        return False
    return not any(("/" + s.symtab.filename).endswith("/" + path)
                   for s in gdb.lookup_static_symbols(name))


for command in (InfoGoroutines, GoroutineCommand, InfoHarts, InfoPools,
                InfoChannels, Gzero, Check):
    command()
# A goroutine's stack begins before main.
gdb.execute("set backtrace past-main on")
