// cover.c is a plugin of QEMU's that writes down which instructions of an
// image ran. tools/cover.py builds it, hands it to every QEMU of a run and
// reads what it wrote.
//
//   -plugin file=cover.so,lo=0x80000000,hi=0x80040000,image=PATH,out=PATH
//
// The result is one line, `cover LO HI IMAGE`, and then a bit for each two
// bytes from LO to HI (a byte's distance on x86_64: step=1), lowest bit first:
// set when the instruction that begins there has been begun at least once.
//
// What always holds:
//  - The instruction is marked before it runs, so one that faults counts.
//  - Nothing outside [lo, hi) is touched or slowed down, and the table is no
//    larger than hi - lo needs: TEXT_MAX bounds that.
//  - It is written when QEMU ends, however the guest does that; a QEMU that
//    the runner kills leaves nothing, and its test has failed anyway.
//
// QEMU adds the marks by inlined code, an addition to a word of the table for
// each instruction, without a call; a callback per translated block would be
// cheaper and wrong, since interrupts and faults leave a block in its middle.
//
// Debian's QEMU has plugins compiled in, but not the header that declares
// them; what is used of the interface is therefore declared here. It is that
// of version 1, which QEMU 4.2 to 9 load.
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- What QEMU offers ------------------------------------------------------

enum { INTERFACE_VERSION = 1, INLINE_ADD_U64 = 0 };

struct qemu_plugin_tb;
struct qemu_plugin_insn;

void qemu_plugin_register_vcpu_tb_trans_cb(
	uint64_t id, void (*fn)(uint64_t id, struct qemu_plugin_tb *tb));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *,
						 size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						int op, void *word,
						uint64_t add);
void qemu_plugin_register_atexit_cb(uint64_t id,
				    void (*fn)(uint64_t id, void *arg),
				    void *arg);

// What QEMU looks for: the version, and where to begin.
#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = INTERFACE_VERSION;
EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc,
			       char **argv);

// ---- Marks -----------------------------------------------------------------

enum { TEXT_MAX = 16 << 20 }; // bytes of code

static struct {
	uint64_t lo, hi, step;
	const char *image, *out;
	uint64_t *ran; // a counter for each step; what matters is that it moved
} map = { .step = 2 };

static void
translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t pc = qemu_plugin_insn_vaddr(insn);

		if (pc >= map.lo && pc < map.hi)
			qemu_plugin_register_vcpu_insn_exec_inline(
				insn, INLINE_ADD_U64,
				&map.ran[(pc - map.lo) / map.step], 1);
	}
}

static void
write_down(uint64_t id, void *arg)
{
	uint64_t n = (map.hi - map.lo) / map.step;
	FILE *f = fopen(map.out, "wb");

	(void)id;
	(void)arg;
	if (f == NULL) {
		perror(map.out);
		return;
	}
	fprintf(f, "cover 0x%" PRIx64 " 0x%" PRIx64 " %s\n", map.lo, map.hi,
		map.image);
	for (uint64_t i = 0; i < n; i += 8) {
		int byte = 0;

		for (uint64_t k = 0; k < 8 && i + k < n; k++)
			byte |= (map.ran[i + k] != 0) << k;
		putc(byte, f);
	}
	if (fclose(f) != 0)
		perror(map.out);
}

// option takes one word of the command line; false: it is not known.
static bool
option(const char *word)
{
	const char *v = strchr(word, '=');
	size_t n = v != NULL ? (size_t)(v++ - word) : 0;

	if (n == 2 && strncmp(word, "lo", n) == 0)
		map.lo = strtoull(v, NULL, 0);
	else if (n == 2 && strncmp(word, "hi", n) == 0)
		map.hi = strtoull(v, NULL, 0);
	else if (n == 4 && strncmp(word, "step", n) == 0)
		map.step = strtoull(v, NULL, 0);
	else if (n == 5 && strncmp(word, "image", n) == 0)
		map.image = strdup(v);
	else if (n == 3 && strncmp(word, "out", n) == 0)
		map.out = strdup(v);
	else
		return false;
	return true;
}

int
qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!option(argv[i])) {
			fprintf(stderr, "cover: what is %s?\n", argv[i]);
			return -1;
		}
	if (map.hi <= map.lo || map.hi - map.lo > TEXT_MAX || map.step == 0 ||
	    map.image == NULL || map.out == NULL) {
		fprintf(stderr, "cover: lo, hi, image and out are needed\n");
		return -1;
	}
	map.ran = calloc((map.hi - map.lo) / map.step + 1, sizeof *map.ran);
	if (map.ran == NULL) {
		perror("cover");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, write_down, NULL);
	return 0;
}
