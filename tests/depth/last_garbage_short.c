// last_garbage_short: as last_garbage, with a length that is possible.
// only-arch: armv7m
// qemu: -device loader,addr=0x20000000,data=0x12345678315a4752,data-len=8
// qemu: -device loader,addr=0x20000008,data=0x0000006300000001,data-len=8
// qemu: -device loader,addr=0x20000010,data=0x0000002800000005,data-len=8
// expect-status: 0
// expect: ^nothing$
// expect-not: the last run died
#include "with/board.h"

int
main(void)
{
	printf(runtime_last_panic() == NULL ? "nothing\n" : "believed\n");
	return 0;
}
