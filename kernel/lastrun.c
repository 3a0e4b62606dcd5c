// lastrun.c: what the run before this one said when it died, kept in RAM that
// survives a reset, so that a machine that stands alone can tell after its restart.
//
// While a report is printed (die.c) its beginning is copied here, and sealed with
// a checksum after every line: a machine that dies a second time, or loses its
// power, in the middle of the report leaves the lines before. At the next boot the
// record is believed if magic, length and checksum are right; what RAM holds after
// power-up is not. It is printed once, and stays readable until that run dies.
//
// The layout is fixed, for debuggers and boot loaders: docs/cortex-m.md. The
// section has a place of its own in the linker script, so that the record does not
// move from image to image.
//
// Turned down: flash (seconds to erase, wears out, every chip's is another); a hash
// of the image in the record (a record of the image before an update is what one
// wants to see); structured fields (goroutine, pc, registers): the report has them,
// in words, and how much of it is kept is one number.
//
// With LASTRUN_BYTES = 0, the default, nothing of this is in an image.
#include "runtime.h"

#if LASTRUN_BYTES != 0
#define ROOM (LASTRUN_BYTES - 24)
_Static_assert(LASTRUN_BYTES >= 64 && LASTRUN_BYTES % 8 == 0,
	       "LASTRUN_BYTES: 0, or a multiple of 8, 64 at least");

enum { MAGIC = 0x315a4752 }; // "RGZ1"

// state: what the run was when the record was sealed.
enum { NOREPORT = 0, REPORT = 1, SHOWN = 2 };

static struct lastrun {
	uint32_t magic;
	uint32_t sum;    // CRC-32 of what follows, text[len] included
	uint32_t state;  // see above
	uint32_t deaths; // runs that ended in a report since power-up
	uint32_t uptime; // seconds from that run's boot to its end
	uint32_t len;    // of text, without the 0 behind it
	char text[ROOM];
} last __attribute__((section(".bss.noinit.lastrun"), aligned(8)));

static const char *shown; // this boot's answer
static bool open;         // a report is being written

// crc32 is the usual one (reflected, 0xedb88320), by bits: it is slow and small.
static uint32_t
crc32(const void *data, size_t n)
{
	const unsigned char *p = data;
	uint32_t c = UINT32_MAX;

	for (; n > 0; n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
	}
	return ~c;
}

static uint32_t
sum(void)
{
	return crc32(&last.state, offsetof(struct lastrun, text) -
					  offsetof(struct lastrun, state) +
					  last.len + 1);
}

static bool
believed(void)
{
	return last.magic == MAGIC && last.len < ROOM && last.sum == sum() &&
	       last.text[last.len] == 0 && last.state <= SHOWN;
}

static void
seal(void)
{
	last.text[last.len] = 0;
	last.sum = sum();
	last.magic = MAGIC;
}

// lastrunbegin opens the record: the machine dies, and what it prints is the
// report.
void
lastrunbegin(void)
{
	last.deaths = believed() ? last.deaths + 1 : 1;
	last.magic = 0;
	last.state = REPORT;
	last.uptime = (uint32_t)(nanotime() / SECOND);
	last.len = 0;
	open = true;
}

// lastrunend closes it; without a report if the end is an orderly one.
void
lastrunend(bool report)
{
	if (!open)
		return;
	if (!report) {
		last.state = NOREPORT;
		last.deaths--;
		last.len = 0;
	}
	seal();
	open = false;
}

// lastrunputc has each character that the kernel prints.
void
lastrunputc(char c)
{
	if (!open || load(&dying) != 1 + arch_cpuid())
		return;
	last.text[last.len++] = c;
	if (last.len == ROOM - 1)
		lastrunend(true);
	else if (c == '\n')
		seal();
}

// show prints the record, each line marked, so that nobody takes it for this
// run's.
static void
show(void)
{
	bool start = true;

	kprintf("gzero: the last run died after %u s (%u so far); it said:\n",
		(unsigned)last.uptime, (unsigned)last.deaths);
	for (const char *s = last.text; *s; s++) {
		kprintf(start ? "last: %c" : "%c", *s);
		start = *s == '\n';
	}
	if (!start)
		kprintf("\n");
}

// lastrunboot looks at what RAM has kept. On the boot hart, before goroutines.
void
lastrunboot(void)
{
	uint32_t word = 0;
	const char *reason = board_resetreason(&word);

	if (reason[0] != 0)
		kprintf("gzero: reset by %s (0x%lx)\n", reason,
			(unsigned long)word);
	if (!believed()) {
		last.deaths = 0;
		last.uptime = 0;
		last.len = 0;
	} else if (last.state == REPORT) {
		show();
		shown = last.text;
		last.state = SHOWN;
		seal();
		return;
	}
	last.state = NOREPORT;
	last.len = 0;
	seal();
}

const char *
runtime_last_panic(void)
{
	return shown;
}
#else
const char *
runtime_last_panic(void)
{
	return NULL;
}
#endif

const char *
runtime_reset_reason(void)
{
	uint32_t word = 0;

	return board_resetreason(&word);
}

// What a board may know better; see arch.h.
__attribute__((weak)) const char *
board_resetreason(uint32_t *word)
{
	*word = 0;
	return "";
}

__attribute__((weak)) void
arch_reset(void)
{
}

__attribute__((weak)) void
board_watchdog(void)
{
}
