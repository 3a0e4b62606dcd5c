// Channel buffers: no two overlap, buddies merge, misuse throws.
#include "host.h"

#include "../../kernel/chanbuf.c"
#include "../../kernel/lock.c"

static bool
buddies(void)
{
	static unsigned char *b[64], shadow[64];
	static size_t size[64];
	uint32_t x = 9;

	for (int op = 0; op < 100000; op++) {
		unsigned i;

		x = x * 1664525 + 1013904223;
		i = x >> 26;
		if (b[i] != NULL) {
			for (size_t j = 0; j < size[i]; j++)
				if (b[i][j] != shadow[i])
					return false;
			chanbuffree(b[i]);
			b[i] = NULL;
			continue;
		}
		size[i] = 1 + (x >> 8) % (1u << (x >> 4 & 15) % 14);
		b[i] = chanbufalloc(size[i]);
		if (b[i] == NULL)
			continue;
		shadow[i] = (unsigned char)op;
		memset(b[i], shadow[i], size[i]);
	}
	for (int i = 0; i < 64; i++)
		if (b[i] != NULL)
			chanbuffree(b[i]);
	// Everything has merged again.
	b[0] = chanbufalloc(CHANBUF_BYTES);
	if (b[0] == NULL || chanbufalloc(1) != NULL)
		return false;
	chanbuffree(b[0]);
	return chanbufused() == 0 && chanbufhigh() == CHANBUF_BYTES &&
	       chanbufalloc(CHANBUF_BYTES + 1) == NULL &&
	       chanbufalloc(SIZE_MAX) == NULL;
}

static void
freetwice(void)
{
	void *b = chanbufalloc(100);

	chanbuffree(b);
	chanbuffree(b);
}

int
main(void)
{
	onhart(0);
	check(buddies(), "channel buffers never overlap and merge again");
	check(throws(freetwice), "a buffer freed twice throws");
	return done();
}
