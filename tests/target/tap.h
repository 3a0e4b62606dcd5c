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

// running: the number of the test that runs, said: of the last one whose result
// is out. over: 1 + the status when main is about to return.
struct tap_progress {
	uint32_t magic, running, said, over;
	const char *name; // of the test that runs
};

static inline uint32_t
tap_crc(const char *s, size_t n)
{
	uint32_t crc = ~0u;

	while (n-- > 0) {
		crc ^= (unsigned char)*s++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

#endif
