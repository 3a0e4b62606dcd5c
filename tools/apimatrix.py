#!/usr/bin/env python3
"""apimatrix.py makes every call of include/go.h in every context.

    tools/apimatrix.py --make make --build build --arch ARCH [--brief]
    tools/apimatrix.py ... --prepare      builds the program only, and
    tools/apimatrix.py ... --prepared     runs it only
    tools/apimatrix.py --list             which calls, and where they are legal

It reads the header, so a call that is new there is in the matrix, and fails as
"no arguments known for ..." until ARGS or CALLS below know how to make it. From
a call's comment it takes where it is legal:

  "Any context", or a name in _isr    everywhere
  a name that begins with timer_      goroutines and the fn of a timer
  else                                goroutines

and writes a program (build/matrix/) with a case for each; nothing of it is kept.
The harness around it is tests/matrix/harness.h. What must be seen:

  goroutine   each call comes back; what waits is helped by another goroutine
  deferred    the same in a deferred call while its goroutine panics
  pinned      with preemption disabled: all come back, but what would wait ends
              the machine and names itself, or what it waits for
  timer, handler, early (in early_init, before the scheduler): what is legal
              comes back; what is not ends the machine and names itself (in
              early_init not what go_inline.h does without a call)
  null        NULL for each pointer argument in turn: a panic that names the
              address, or what NULLS below says

Those that come back share a boot; each that ends the machine has its own. The
output is TAP. With --brief the calls that timers, handlers and early_init must
not make are left out: what refuses them is the same on all machines.
"""

import argparse
import concurrent.futures
import os
import re
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run as runner  # noqa: E402

HEADER = "include/go.h"
HARNESS = "tests/matrix/harness.h"

# Not calls of a program.
NOT_CALLED = {"early_init": "the program defines it",
              "chan_send8_": "chan_send4_, of another size",
              "chan_recv8_": "chan_recv4_, of another size"}

# ---- How to call ------------------------------------------------------------

# What the calls work on: (type in go.h or None, field, reset, late). reset is
# done before each case, late ends the waits of others.
FIELDS = [
    (None, "int v", "f->v = 7;", ""),
    ("chan", "chan *c", "again(&f->c, 4); chan_try_send(f->c, &f->v);", ""),
    ("chan", "chan *empty", "again(&f->empty, 1);",
     "chan_try_send(f->empty, &f->v);"),
    ("chan", "chan *full", "again(&f->full, 1); "
     "chan_try_send(f->full, &f->v);", "int v; chan_try_recv(f->full, &v);"),
    ("chan", "chan *none", "again(&f->none, 1);", ""),
    ("struct scase", "struct scase cases[2]",
     "f->cases[0] = RECV(f->empty, &f->v); "
     "f->cases[1] = SEND(f->none, &f->v);", ""),
    ("struct go_case", "struct go_case work[2]", "", ""),
    ("struct mutex", "struct mutex mu", "f->mu = (struct mutex){ 0 };", ""),
    ("struct mutex", "struct mutex held",
     "f->held = (struct mutex){ 0 }; mutex_lock(&f->held);",
     "if (!mutex_try_lock(&f->held)) mutex_unlock(&f->held);"),
    ("struct wait_group", "struct wait_group wg",
     "f->wg = (struct wait_group){ 0 }; wait_group_add(&f->wg, 2);", ""),
    ("struct wait_group", "struct wait_group busy",
     "f->busy = (struct wait_group){ 0 }; wait_group_add(&f->busy, 1);",
     "wait_group_done(&f->busy);"),
    ("struct note", "struct note note", "f->note = (struct note){ 0 };",
     "ready_isr(&f->note);"),
    ("struct frame", "struct frame frame", "", ""),
    ("struct runtime_stats", "struct runtime_stats stats", "", ""),
    ("struct runtime_stack_use", "struct runtime_stack_use use[4]", "", ""),
    ("struct goroutine_info", "struct goroutine_info info[4]", "", ""),
    (None, "uintptr_t pcs[4]", "", ""),
    ("struct go_defer", "struct go_defer d", "", ""),
    ("struct rwmutex", "struct rwmutex rw", "f->rw = (struct rwmutex){ 0 };",
     ""),
    ("struct rwmutex", "struct rwmutex written",
     "f->written = (struct rwmutex){ 0 }; rwmutex_lock(&f->written);",
     "if (!rwmutex_try_lock(&f->written)) rwmutex_unlock(&f->written);"),
    ("struct once", "struct once once", "f->once = (struct once){ 0 };", ""),
    ("struct cond", "struct cond cond", "f->cond = (struct cond){ 0 };",
     "cond_signal(&f->cond);"),
    ("struct semaphore", "struct semaphore sem",
     "f->sem = (struct semaphore)SEMAPHORE(1);", ""),
    ("struct semaphore", "struct semaphore taken",
     "f->taken = (struct semaphore)SEMAPHORE(0);",
     "semaphore_release(&f->taken);"),
    ("struct semaphore", "struct semaphore most",
     "f->most = (struct semaphore)SEMAPHORE(INT32_MAX);", ""),
    ("struct timer", "struct timer timer",
     "if (f->timer.fn != NULL) timer_stop(&f->timer); "
     "timer_start(&f->timer, HOUR, nothing, NULL); timer_stop(&f->timer);",
     ""),
    ("struct ticker", "struct ticker ticker",
     "ticker_stop(&f->ticker); ticker_start(&f->ticker, HOUR); "
     "ticker_stop(&f->ticker);", ""),
    ("struct context", "struct context root, ctx, child",
     "if (f->root.parent != NULL) context_cancel(&f->root); "
     "context_with_cancel(&f->root, context_background()); "
     "context_with_cancel(&f->ctx, &f->root);", ""),
    (None, "int64_t when", "", ""),
]

# Arguments by "type name"; the first pattern that matches.
ARGS = [
    (r"void \(\*fn\)\(void \*( ?arg)?\)", "nothing"),
    (r"void \(\*f\)\(void \*( ?arg)?\)", "nothing"),
    (r"(const )?chan \*c", "f->c"),
    (r"(const )?void \*(v|args)", "&f->v"),
    (r"void \*arg", "&f->v"),
    (r"size_t (size|elemsize)", "sizeof(f->v)"),
    (r"intptr_t cap", "2"),
    (r"struct go_attr attr", "(struct go_attr){ .name = \"case\" }"),
    (r"struct frame \*f", "&f->frame"),
    (r"uintptr_t \*pcs", "f->pcs"),
    (r"uintptr_t pc", "(uintptr_t)nothing + 1"),
    (r"struct runtime_stats \*s", "&f->stats"),
    (r"struct runtime_stack_use \*u", "f->use"),
    (r"struct goroutine_info \*p", "f->info"),
    (r"struct scase \*cases", "f->cases"),
    (r"struct go_case \*work", "f->work"),
    (r"struct go_defer \*d", "&f->d"),
    (r"const char \*who", "\"nobody\""),
    (r"struct mutex \*m", "&f->mu"),
    (r"struct wait_group \*wg", "&f->wg"),
    (r"struct note \*n", "&f->note"),
    (r"struct rwmutex \*rw", "&f->rw"),
    (r"struct once \*o", "&f->once"),
    (r"struct cond \*c", "&f->cond"),
    (r"struct semaphore \*s", "&f->sem"),
    (r"struct timer \*t", "&f->timer"),
    (r"struct ticker \*tk", "&f->ticker"),
    (r"(duration|int64_t) (d|period)", "MICROSECOND"),
    (r"(const )?struct context \*ctx", "&f->ctx"),
    (r"struct context \*parent", "&f->root"),
    (r"const void \*key|void \*value", "&f->v"),
    (r"int64_t when", "HOUR"),
    (r"int64_t \*when", "&f->when"),
    (r"unsigned irq", "DEV_IRQ"),
    (r"unsigned n", "4"),
    (r"size_t n", "2"),
    (r"int skip", "0"),
    (r"int n", "1"),
    (r"int code", "0"),
    (r"int delta", "1"),
    (r"bool all", "false"),
    (r"\.\.\.", None),
]


class Way:
    """How one call is made, where its arguments alone do not say."""

    def __init__(self, before="", after="", call=None, waits=None, name=None,
                 leaves=False, args=None, prepare=None, free=False):
        self.free = free    # early_init's storage, all zero, does not stop it
        self.prepare = prepare  # statements in a goroutine, before
        self.before, self.after = before, after  # around it, if it is in one
        self.call = call    # instead of what the arguments give
        self.waits = waits  # what it waits for, as it is called in messages
        self.name = name    # how a refusal names it, else its own name
        self.leaves = leaves  # it does not come back
        self.args = args or {}


QUIET = "irq_handle(DEV_IRQ, quiets, NULL); time_sleep(100000); " \
    "irq_handle(DEV_IRQ, NULL, NULL); "
CALLS = {
    "os_exit": Way(leaves=True),
    "panic": Way(call='panic("%s", "the case")', leaves=True),
    "runtime_print": Way(call='runtime_print("%s", "")'),
    "runtime_goexit": Way(leaves=True, waits="runtime_goexit"),
    "runtime_gosched": Way(waits="runtime_gosched"),
    "runtime_gomaxprocs": Way(waits="runtime_gomaxprocs"),
    "runtime_goroutines": Way(waits="runtime_goroutines"),
    "runtime_stack": Way(waits="runtime_stack", args={"all": "true"}),
    "runtime_lock_os_thread": Way(after="runtime_unlock_os_thread();"),
    "preempt_disable": Way(after="preempt_enable();"),
    "preempt_enable": Way(before="preempt_disable();"),
    "chan_free": Way(after="f->c = NULL;"),
    "chan_send_": Way(waits="chan send", args={"c": "f->full"},
                      name="chan_send"),
    "chan_recv_": Way(waits="chan receive", args={"c": "f->empty"},
                      name="chan_recv"),
    "chan_send4_": Way(waits="chan send", args={"c": "f->full"},
                       name="chan_send"),
    "chan_recv4_": Way(waits="chan receive", args={"c": "f->empty"},
                       name="chan_recv"),
    "chan_selectw_": Way(waits="chan_select", call="f->cases[1] = "
                         "RECV(f->none, &f->v); "
                         "chan_selectw_(f->cases, f->work, 2)",
                         name="chan_select"),
    "chan_selectv": Way(waits="chan_select", call="f->cases[1] = "
                        "RECV(f->none, &f->v); chan_selectv(f->cases, 2)"),
    "chan_make_": Way(before="again(&f->none, -1);",
                      call="f->none = chan_make_(sizeof f->v, 2)"),
    "chan_try_make_": Way(before="again(&f->none, -1);",
                          call="f->none = chan_try_make_(sizeof f->v, 2)"),
    "go_deferproc_": Way(after="go_deferreturn_(&f->d);", name="defer"),
    "go_deferreturn_": Way(before="go_deferproc_(&f->d, nothing, NULL);",
                           name="defer"),
    "mutex_lock": Way(waits="Mutex", free=True, args={"m": "&f->held"}),
    "mutex_unlock": Way(before="mutex_lock(&f->mu);", args={"m": "&f->mu"}),
    "wait_group_done": Way(args={"wg": "&f->wg"}),
    "wait_group_wait": Way(waits="wait_group_wait", args={"wg": "&f->busy"}),
    "time_sleep": Way(waits="time_sleep"),
    "irq_wait": Way(prepare=QUIET + "devstart(100000);", after="devquiet();",
                    waits="irq_wait"),
    "irq_handle": Way(after="irq_handle(DEV_IRQ, NULL, NULL);"),
    "note_wait": Way(waits="note_wait"),
    "rwmutex_rlock": Way(waits="RWMutex", free=True,
                         args={"rw": "&f->written"}),
    "rwmutex_lock": Way(waits="Mutex", args={"rw": "&f->written"}),
    "rwmutex_runlock": Way(before="rwmutex_rlock(&f->rw);",
                           args={"rw": "&f->rw"}),
    "rwmutex_unlock": Way(before="rwmutex_lock(&f->rw);",
                          args={"rw": "&f->rw"}),
    "cond_wait": Way(before="mutex_lock(&f->mu);",
                     after="mutex_unlock(&f->mu);", waits="Cond"),
    "semaphore_acquire": Way(waits="semaphore", args={"s": "&f->taken"}),
    "semaphore_acquire_timeout": Way(waits="semaphore",
                                     args={"s": "&f->taken", "d": "HOUR"}),
    # Where it is not legal the kernel must hear of it, which a count that
    # has room spares it (go_inline.h).
    "semaphore_release": Way(free=True, args={
        "s": "runtime_goid() == 0 ? &f->most : &f->sem"}),
    "timer_start": Way(args={"d": "HOUR"}),
    "timer_reset": Way(args={"d": "HOUR"}),
    "ticker_start": Way(args={"period": "HOUR"}),
    "ticker_reset": Way(args={"period": "HOUR"}),
    "ticker_stop": Way(args={"tk": "&f->ticker"}),
    "context_with_cancel": Way(args={"ctx": "&f->child"}),
    "context_with_timeout": Way(args={"ctx": "&f->child"}),
    "context_with_deadline": Way(args={"ctx": "&f->child"}),
    "context_with_value": Way(args={"ctx": "&f->child"}),
    "context_cancel": Way(args={"ctx": "&f->ctx"}),
}

# What NULL does where it is no invalid address: by "call.argument", a pattern
# for what the harness prints ("returned", "left", "blocked", "panic: ...") or
# for what the machine's last words are.
NULLS = {
    r".*\.arg": "returned",                     # only handed on
    r".*\.who": "returned",
    r"(go|go_try|go_with_|go_copy_)\.fn": r"^fatal error: go of nil func",
    r"panic_catch\.fn": "returned",             # it caught that
    r"go_deferreturn_\.d": r"^fatal error: defer: the block that ends",
    r"irq_handle\.fn": "returned",              # takes the handler away
    r"go_deferproc_\.fn": r"^panic: .*nil",     # when it runs
    r"chan_(len|cap|free)\.c": "returned",
    r"chan_close\.c": "^panic: close of nil channel$",
    r"chan_try_(send|recv)_\.c": "returned",
    r"chan_try_send_isr_\.c": "returned",
    r"chan_(send|recv)4?_\.c": "blocked",
    r"chan_(try_)?recv4?_\.v": "returned",      # the value is dropped
    r"chan_selectw_\.work": "returned",         # as chan_selectv
    r"timer_start\.fn": "^panic: .*timer_start",
    r"context_with_\w+\.parent": "^panic: cannot create context from nil parent",
    r"context_with_value\.key": "^panic: nil key",
    r"context_with_value\.value": "returned",
    r"context_value\.(ctx|key)": "returned",    # nobody has it
}
FAULT = r"^panic: runtime error: invalid memory address.*" \
    r"(0x[0-9a-f]{1,3}\)|NULL)"


# ---- The header -------------------------------------------------------------

class Call:
    def __init__(self, name, ret, params, comment):
        self.name, self.ret = name, ret
        self.params = params  # [(type and name, name)]
        self.any = bool(re.search(r"\bAny context\b", comment)) or \
            name.rstrip("_").endswith("_isr")
        self.timer = self.any or name.startswith("timer_")
        self.names = {name, name.rstrip("_")}
        self.way = CALLS.get(name, Way())
        if self.way.name:
            self.names.add(self.way.name)


def split_params(text):
    """Parameters, split at the commas outside parentheses."""
    found, depth, word = [], 0, ""
    for c in text:
        depth += {"(": 1, ")": -1}.get(c, 0)
        if c == "," and depth == 0:
            found.append(word)
            word = ""
        else:
            word += c
    found = [re.sub(r"\s+", " ", p).strip() for p in found + [word]]
    if found == ["void"]:
        return []
    return [(p, "..." if p == "..." else
             re.search(r"\(\*(\w+)\)|(\w+)(?:\[\])?$", p).group(1) or
             re.search(r"(\w+)(?:\[\])?$", p).group(1)) for p in found]


def read_header(path):
    """The calls that the header declares, and its types, in order."""
    with open(path) as f:
        lines = f.read().replace("\\\n", " ").split("\n")
    calls, macros, comment, fresh, code, depth = [], [], "", False, "", 0
    for line in lines:
        m = re.match(r"\s*// ?(.*)", line)
        if m:
            comment = m.group(1) if not fresh else comment + " " + m.group(1)
            fresh = True
            continue
        fresh = False
        if line.startswith("#"):
            m = re.match(r"#define (\w+)\([^)]*\)(.*)", line)
            if m:
                macros.append(m.groups())
            continue
        line = re.sub(r"\s*//.*", "", line)
        if not line.strip() or line.startswith('extern "C"'):
            continue
        if depth == 0 and line.strip() == "}":
            continue  # of extern "C"
        depth += line.count("{") - line.count("}")
        code += " " + line.strip()
        if depth or not code.rstrip().endswith((";", "}")):
            continue
        text, code = code.strip(), ""
        text = re.sub(r"__attribute__\(\(.*?\)\)\)?\s|GO_NORETURN\s", "", text)
        m = re.match(r"((?:const |struct |unsigned )*\w+ \*?)(\w+)\((.*)\);$",
                     text)
        if m and not text.startswith("typedef") and \
                m.group(2) not in NOT_CALLED:
            calls.append(Call(m.group(2), m.group(1).strip(),
                              split_params(m.group(3)), comment))
    for name, body in macros:
        for call in calls:
            if re.search(r"\b%s\b" % call.name, body):
                call.names.add(name)
    with open(path) as f:
        types = set(re.findall(r"^(struct \w+) \{", f.read(), re.M))
    return calls, types | {"chan"}


# ---- The program ------------------------------------------------------------

class Unknown(Exception):
    pass


def expression(call, null=None):
    """The C text of the call; null is the argument that is NULL."""
    if call.way.call and null is None:
        return call.way.call
    words = []
    for text, name in call.params:
        if name == null:
            words.append("NULL")
        elif name in call.way.args and null is None:
            words.append(call.way.args[name])
        elif name in call.way.args and "void *" in text:
            words.append(call.way.args[name])
        else:
            for pattern, value in ARGS:
                if re.fullmatch(pattern, text):
                    break
            else:
                raise Unknown("no arguments known for %s: %s" %
                              (call.name, text))
            if value is not None:
                words.append(value)
    return "(%s)(%s)" % (call.name, ", ".join(words))


def pointers(call):
    """The arguments that can be NULL."""
    if call.way.leaves:
        return [n for t, n in call.params if n == "fmt"]
    return [n for t, n in call.params if "*" in t]


def program(calls, types, out):
    """Writes the program; returns its folder."""
    fields = [x for x in FIELDS if x[0] is None or x[0] in types]
    text = ["// Written by tools/apimatrix.py from include/go.h.",
            "#include <go.h>"]
    if "struct timer" in types:
        text.append("#define HAVE_TIMERS 1")
    text.append("#define STACK_OF_CASE (sizeof(void *) == 4 ? 8192 : 32768)")
    text.append('#include "%s"' % os.path.relpath(HARNESS, out))
    text.append("struct fix {")
    text += ["\t%s;" % x[1] for x in fields] + ["};", "", """
static void
nothing(void *arg)
{
	(void)arg;
}

static __attribute__((unused)) void
quiets(void *arg)
{
	(void)arg;
	devquiet();
}

// again makes a channel anew; none if cap < 0.
static void
again(chan **c, int cap)
{
	int v;

	if (*c != NULL) {
		while (chan_select(RECV(*c, &v), DEFAULT) == 0 &&
		       chan_len(*c) > 0)
			;
		chan_free(*c);
	}
	*c = cap < 0 ? NULL : chan_make(int, cap);
}
"""]
    text += ["static void\nfix_reset(struct fix *f)\n{"]
    text += ["\t" + x[2].replace("; ", ";\n\t") for x in fields if x[2]] + \
        ["}", ""]
    text += ["static void\nfix_late(struct fix *f)\n{"]
    text += ["\t{ " + x[3] + " }" for x in fields if x[3]] + ["}", ""]
    table = []
    for call in calls:
        w, bits = call.way, ["GOROUTINE", "DEFERRED"]
        # Around a call that is legal in goroutines only, so is the rest.
        bits += ["PINNED"] if not w.waits and not w.leaves else []
        bits += ["TIMER"] if call.timer else []
        bits += ["HANDLER", "EARLY"] if call.any else []
        if call.name == "os_exit":
            bits = []
        bits += ["LEAVES"] if w.leaves else []
        cast = "" if call.ret == "void" or w.call else "(void)"
        text.append("static void\nc_%s(struct fix *f)\n{\n\t(void)f;\n\t%s%s;"
                    "\n\t%s\n}\n" % (call.name, cast, expression(call),
                                     w.after if not call.any else ""))
        prep = "NULL"
        if w.before:
            # In the same goroutine: preemption, mutexes, deferred calls.
            text[-1] = text[-1].replace("(void)f;\n\t", "(void)f;\n\tif "
                                        "(runtime_goid() != 0) { %s }\n\t" %
                                        w.before)
        if w.prepare:
            prep = "p_" + call.name
            text.append("static void\n%s(struct fix *f)\n{\n\t(void)f;\n\t%s"
                        "\n}\n" % (prep, w.prepare))
        table.append((call.name, prep, "c_" + call.name,
                      " | ".join(bits) or "0"))
    for call in calls:
        for name in pointers(call):
            f = "n_%s_%s" % (call.name, name)
            before = call.way.before
            cast = "" if call.ret == "void" else "(void)"
            text.append("static void\n%s(struct fix *f)\n{\n\t(void)f;\n\t%s"
                        "\n\t%s%s;\n\t%s\n}\n" % (
                            f, before if name != "m" and name != "rw" else "",
                            cast, expression(call, name),
                            call.way.after))
            table.append(("%s.%s" % (call.name, name), "NULL", f, "NULLS"))
    text.append("const struct mcase cases[] = {")
    text += ['\t{ "%s", %s, %s, %s },' % row for row in table]
    text += ["\t{ NULL, NULL, NULL, 0 },", "};", ""]
    os.makedirs(out, exist_ok=True)
    path = os.path.join(out, "apimatrix.c")
    text = "\n".join(text)
    try:
        with open(path) as f:
            same = f.read() == text
    except OSError:
        same = False
    if not same:
        with open(path, "w") as f:
            f.write(text)
    return path


# ---- Running ----------------------------------------------------------------

class Matrix:
    def __init__(self, options, calls, types):
        self.o, self.calls, self.types = options, calls, types
        self.n, self.bad = 0, 0
        self.lines = []

    def boot(self, words):
        """Returns (output, status)."""
        output, status, why, _ = runner.run(
            self.machine, self.image, 1, words, self.machine.icount, 30)
        return output + ("\n(%s)" % why if why else ""), status

    def say(self, ok, name, why=""):
        self.n += 1
        self.bad += not ok
        self.lines.append("%sok %d - %s%s" % ("" if ok else "not ", self.n,
                                              name, ": " + why if why else ""))

    def build(self):
        make = shlex.split(self.o.make) + ["--no-print-directory", "-s",
                                           "BUILD=" + self.o.build,
                                           "ARCH=" + self.o.arch]
        path = program(self.calls, self.types,
                       os.path.join(self.o.build, "matrix"))
        p = subprocess.run(make + ["print-machine", "APP=" + path],
                           stdout=subprocess.PIPE, check=True)
        machine = p.stdout.decode().split()[-1]
        self.machine = runner.Machine(machine)
        if not self.o.prepared:
            subprocess.run(make + ["image", "APP=" + path], check=True,
                           stdout=sys.stderr)
        inside = os.path.relpath(path)
        folder = "app/" + inside if not inside.startswith("..") else \
            "out" + os.path.abspath(path)
        self.image = os.path.join(os.path.dirname(machine), folder,
                                  "image.elf")

    def together(self, ctx):
        """All cases of ctx that come back, in as few boots as may be: what
        they printed, by name."""
        found, at, last = {}, 0, ""
        while True:
            output, status = self.boot("ctx=%s from=%d" % (ctx, at))
            begun = None
            for m in re.finditer(r"^(begin (\d+) (\S+)|end (\S+): (.*))$",
                                 output, re.M):
                if m.group(2):
                    begun = (int(m.group(2)), m.group(3), m.end())
                else:
                    found[m.group(4)] = m.group(5)
            if re.search(r"^all done$", output, re.M):
                return found
            if begun is None or begun[1] == last:
                found["(boot)"] = "status %d: %s" % (status, output[-300:])
                return found
            last = begun[1]
            found[begun[1]] = "died: " + output[begun[2]:].strip()
            at = begun[0] + 1

    def legal(self, ctx, cases):
        found = self.together(ctx)
        if "(boot)" in found:
            self.say(False, "%s boots" % ctx, repr(found["(boot)"]))
        for call in cases:
            how = found.get(call.name, "did not run")
            want = "returned"
            if call.way.leaves:
                want = "panic: the case" if call.name == "panic" and \
                    ctx == "goroutine" else "left"
            if ctx == "deferred":
                want = "panic: the case" if call.name == "panic" else \
                    "left" if call.way.leaves else "panic: outer"
            self.say(how == want, "%s %s" % (ctx, call.name),
                     "" if how == want else "%s, not %s" %
                     (how.split("\n")[0:2], want))

    def early(self, cases):
        output, status = self.boot("ctx=early")
        want = "early: 2 %s" % cases[-1].name
        ok = want in output and status == 0
        self.say(ok, "early: %d calls" % len(cases),
                 "" if ok else "%r, not %s" % (output[-300:], want))

    def ends(self, ctx, call, pattern, status):
        """The case ends the machine with that status and these words."""
        output, got = self.boot("ctx=%s case=%s" % (ctx, call.name))
        ok = got == status and re.search(pattern, output, re.M)
        return ok, "%s %s" % (ctx, call.name), "" if ok else \
            "status %d, %r, not %s" % (got, output[:300], pattern)

    def nulls(self):
        found = self.together("null")
        for call in self.calls:
            for name in pointers(call):
                key = "%s.%s" % (call.name, name)
                how = found.get(key, "did not run")
                want = next((w for p, w in NULLS.items()
                             if re.fullmatch(p, key)), FAULT)
                text = how[6:] if how.startswith("died: ") else how
                ok = re.search(want, text, re.M) is not None and \
                    (how == text or "fatal" in want)
                self.say(ok, "null " + key, "" if ok else "%r, not %s" %
                         (how[:200], want))

    def run(self):
        self.build()
        if self.o.prepare:
            return 0
        refused = []
        for call in self.calls:
            said = "|".join(re.escape(n) for n in sorted(call.names))
            where = r"^(%s): called " % said
            for ctx, legal in (("handler", call.any), ("early", call.any),
                               ("timer", call.timer)):
                if legal or call.name == "panic" or \
                        ctx == "early" and call.way.free or \
                        ctx == "timer" and "struct timer" not in self.types:
                    continue
                refused.append((ctx, call, where, 2))
            if call.way.waits:
                refused.append(("pinned", call, r"^fatal error: .*(%s|%s)\b.*"
                                "with preemption disabled" %
                                (said, call.way.waits), 2))
        always = [c for c in self.calls if c.any and not c.way.leaves]
        timers = [c for c in self.calls if c.timer and not c.way.leaves]
        normal = [c for c in self.calls if c.name != "os_exit"]
        exits = [c for c in self.calls if c.name == "os_exit"]
        panics = [c for c in self.calls if c.name == "panic"]
        for ctx in ("goroutine", "pinned", "timer", "handler", "early"):
            if ctx == "timer" and "struct timer" not in self.types:
                continue
            refused += [(ctx, c, r"\A(begin.*\n)?\Z", 0) for c in exits]
            if ctx in ("timer", "handler", "early"):
                refused += [(ctx, c, r"^panic: the case$", 2) for c in panics]
        if self.o.brief:
            refused = [r for r in refused if r[0] == "pinned"]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            results = pool.map(lambda r: self.ends(*r), refused)
            self.legal("goroutine", normal)
            self.legal("deferred", normal)
            self.legal("pinned", [c for c in normal if not c.way.waits and
                                  not c.way.leaves])
            if "struct timer" in self.types:
                self.legal("timer", timers)
            self.legal("handler", always)
            self.early(always)
            self.nulls()
            for result in results:
                self.say(*result)
        print("1..%d" % self.n)
        print("\n".join(self.lines))
        return 1 if self.bad else 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--make", default="make")
    p.add_argument("--build", default="build")
    p.add_argument("--arch", default="riscv64")
    p.add_argument("--brief", action="store_true")
    p.add_argument("--prepare", action="store_true")
    p.add_argument("--prepared", action="store_true")
    p.add_argument("--list", action="store_true")
    o = p.parse_args()
    calls, types = read_header(HEADER)
    if o.list:
        for c in calls:
            print("%-28s %s  %s" % (c.name, "any" if c.any else "timer"
                                    if c.timer else "goroutine",
                                    ", ".join(sorted(c.names - {c.name}))))
        return 0
    try:
        return Matrix(o, calls, types).run()
    except Unknown as e:
        print("1..1\nnot ok 1 - %s" % e)
        return 1


if __name__ == "__main__":
    sys.exit(main())
