// last_garbage: what RAM holds when the machine gets its power is not believed, though
// it begins with the record's magic and says that its text is 4 GB long.
// only-arch: armv7m
// qemu: -device loader,addr=0x20000000,data=0x12345678315a4752,data-len=8
// qemu: -device loader,addr=0x20000008,data=0x0000006300000001,data-len=8
// qemu: -device loader,addr=0x20000010,data=0xffffffff00000005,data-len=8
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
