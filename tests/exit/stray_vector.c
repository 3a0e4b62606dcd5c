// stray_vector: an int instruction with a vector that nobody owns is an error of
// its own, not a hang and not another interrupt.
// only-arch: x86_64
// expect-status: 2
// expect: ^fatal error: int instruction with an unused vector$
#include <go.h>

int
main(void)
{
	__asm__ volatile("int $0x91");
	return 0;
}
