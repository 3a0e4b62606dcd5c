// steps.c: a plugin for QEMU that notes which instructions of the image are
// executed, and whether an interrupt could have come before each of them.
//
// It is told by a table (tools/sweep.py writes it from the disassembly) what each
// instruction does to the mask, and keeps the mask's state for each core itself:
// QEMU 7.2 shows a plugin no registers. That is the sweep's second opinion. The
// image says where interrupts did hit, this says where they could have; neither
// knows of the other, so a mistake in following the mask shows up as a difference
// and never as a pass.
//
// A line of the table is `ADDRESS KIND`:
//   .  nothing special
//   M  masks                U  unmasks
//   u  unmasks after the next instruction (sti)
//   S  masks, the old state is kept      R  puts the state back that S kept
//   e  first of a handler, masked        x  end of a handler: unmasked
//   E, X  the same where a handler is a mode of its own and the mask another
//   s  S, with a mask of its own (PRIMASK)   r  R for that
//   i  masks it             j  unmasks it
//   0..9  recording begins, in that mode     Z  it ends
// While it records, executed instructions are noted for the mode, of the core that
// began it only. The output is `ADDRESS OPEN CLOSED`, two sets in hexadecimal: the
// modes in which it was executed with interrupts on, and 1 if it ever was executed
// with interrupts masked; 0x8000 in OPEN: with interrupts on, but never recorded.
//
// Debian has QEMU with plugins but not qemu-plugin.h; these are its declarations
// as far as they are used, of API version 1.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*tb_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*exec_cb)(unsigned vcpu, void *user);
typedef void (*exit_cb)(qemu_plugin_id_t id, void *user);
enum { NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_cb cb);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    exec_cb cb, int flags, void *user);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_cb cb,
				    void *user);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			       char **argv);

enum { NCPU = 8, DEEP = 32, UNRECORDED = 0x8000 };

struct insn {
	char kind;
	uint16_t open, closed;
};

static struct insn *insns;
static uint64_t lo, hi; // addresses of the table
static const char *out;

static struct cpu {
	bool masked, own, handler, shadow;
	bool kept[DEEP], keptown[DEEP];
	unsigned depth, ownd;
} cpus[NCPU];

static int mode = -1; // of the recording
static unsigned recorded;

static bool
closed(const struct cpu *c)
{
	return c->masked || c->own || c->handler;
}

static void
push(bool *stack, unsigned *depth, bool *state)
{
	if (*depth < DEEP)
		stack[(*depth)++] = *state;
	*state = true;
}

static void
pop(const bool *stack, unsigned *depth, bool *state)
{
	*state = *depth > 0 ? stack[--*depth] : false;
}

static void
step(unsigned vcpu, void *user)
{
	struct insn *in = user;
	struct cpu *c = &cpus[vcpu % NCPU];

	if (in->kind == 'E')
		c->handler = true;
	if (in->kind == 'e') {
		c->masked = true;
		c->depth = 0;
	}
	if (in->kind == 'E' || in->kind == 'e')
		c->shadow = false;
	if (closed(c) || c->shadow)
		in->closed = 1;
	else if (mode >= 0 && vcpu == recorded)
		in->open |= (uint16_t)(1u << mode);
	else
		in->open |= UNRECORDED;
	c->shadow = false;
	switch (in->kind) {
	case 'M':
		c->masked = true;
		c->depth = 0;
		break;
	case 'u':
		c->shadow = closed(c);
		/* fallthrough */
	case 'U':
	case 'x':
		c->masked = false;
		c->depth = 0;
		break;
	case 'S':
		push(c->kept, &c->depth, &c->masked);
		break;
	case 'R':
		pop(c->kept, &c->depth, &c->masked);
		break;
	case 's':
		push(c->keptown, &c->ownd, &c->own);
		break;
	case 'r':
		pop(c->keptown, &c->ownd, &c->own);
		break;
	case 'i':
		c->own = true;
		break;
	case 'j':
		c->own = false;
		c->ownd = 0;
		break;
	case 'X':
		c->handler = false;
		break;
	case 'Z':
		mode = -1;
		break;
	default:
		if (in->kind >= '0' && in->kind <= '9') {
			mode = in->kind - '0';
			recorded = vcpu;
		}
	}
}

static void
translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *in = qemu_plugin_tb_get_insn(tb, i);
		uint64_t at = qemu_plugin_insn_vaddr(in);

		if (at >= lo && at < hi && insns[at - lo].kind != 0)
			qemu_plugin_register_vcpu_insn_exec_cb(
				in, step, NO_REGS, &insns[at - lo]);
	}
}

static void
finish(qemu_plugin_id_t id, void *user)
{
	FILE *f = fopen(out, "w");

	(void)id;
	(void)user;
	if (f == NULL)
		return;
	for (uint64_t at = lo; at < hi; at++) {
		const struct insn *in = &insns[at - lo];

		if (in->open != 0 || in->closed != 0)
			fprintf(f, "%llx %x %x\n", (unsigned long long)at,
				in->open, in->closed);
	}
	fclose(f);
}

// The table is read twice: for its ends, and for its lines.
static bool
readtable(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned long long at;
	char kind;

	if (f == NULL)
		return false;
	lo = UINT64_MAX;
	while (fscanf(f, "%llx %c", &at, &kind) == 2) {
		lo = at < lo ? at : lo;
		hi = at + 1 > hi ? at + 1 : hi;
	}
	if (lo < hi)
		insns = calloc((size_t)(hi - lo), sizeof *insns);
	rewind(f);
	while (insns != NULL && fscanf(f, "%llx %c", &at, &kind) == 2)
		insns[at - lo].kind = kind;
	fclose(f);
	return insns != NULL;
}

int
qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
		    char **argv)
{
	(void)info;
	if (argc != 2 || strncmp(argv[0], "table=", 6) != 0 ||
	    strncmp(argv[1], "out=", 4) != 0 || !readtable(argv[0] + 6)) {
		fprintf(stderr, "steps: table=FILE,out=FILE, please\n");
		return 1;
	}
	out = argv[1] + 4;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
