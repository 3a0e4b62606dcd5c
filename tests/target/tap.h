// tap.h: lines that show their own damage, for a board's serial line. Where the
// arguments have hil=TOKEN each line of the harness ends in a blank, an asterisk
// and the CRC-32 (zlib's) of what stands before, as 8 hex digits:
//
//   ok 12 - Name *1c291ca3
//
// The first line is `# hil=TOKEN ...`, so that one who listens knows which image
// speaks and sees it start again; tools/hil/tap.py is that one. tap_progress is what
// a probe reads where a console is silent: symbols of this name, in RAM.
#ifndef GZERO_TAP_H
#define GZERO_TAP_H

#include <stddef.h>
#include <stdint.h>

#define TAP_MAGIC 0x68696c31u

// name, running: the test that runs; said: the number of the last one whose result
// is out. over: 1 + the status when main is about to return.
struct tap_progress {
	uint32_t magic;
	const char *name;
	uint16_t running, said, over;
};

// tap_crc_more continues crc, which is 0 at first, with n bytes at s.
static inline uint32_t
tap_crc_more(uint32_t crc, const char *s, size_t n)
{
	crc = ~crc;
	while (n-- > 0) {
		crc ^= (unsigned char)*s++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

static inline uint32_t
tap_crc(const char *s, size_t n)
{
	return tap_crc_more(0, s, n);
}

#endif
