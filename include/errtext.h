// errtext.h: errors in images with SMALL (config.h), which have no texts: what would
// be told in words becomes the status with which the machine ends. Included by
// arch.h, never alone.
//
// The number, 128 to 254, is made of the text, so that no table has to be kept and it
// stays the same as long as the text does; a few share one. tools/errors.py lists
// them. 255 is a fault. throw, which tells that the kernel itself is broken, is no
// code at all: what it guards is taken to be true.
#ifndef GZERO_ERRTEXT_H
#define GZERO_ERRTEXT_H

#include <config.h>

#if SMALL
// ERRNUM is computed by the compiler: text is a literal.
#define ERRNUM(text) \
	(128 + (31 * (text)[0] + 37 * (text)[sizeof(text) / 2] + \
		41 * (text)[sizeof(text) / 4] + \
		43 * (text)[sizeof(text) * 3 / 4] + 7 * (int)sizeof(text)) % \
		       127)
#define ERRTEXT_1_(text, ...) text
#define ERR_FAULT 255

// An arch may have something shorter than the call (arch_inline.h).
#ifndef ARCH_ERRNUM
#define ARCH_ERRNUM(n) arch_halt(n)
#endif

// ERRTOLD stands for a call that ends the machine with its text. The call itself is
// never made; it is there so that what it names counts as used.
#define ERRTOLD(call, ...) \
	__extension__({ \
		if (0) \
			call(__VA_ARGS__); \
		ARCH_ERRNUM(ERRNUM(ERRTEXT_1_(__VA_ARGS__, 0))); \
		__builtin_unreachable(); \
	})
#define throw(text) __builtin_unreachable()
#endif

#endif
