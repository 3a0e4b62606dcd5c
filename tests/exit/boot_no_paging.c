// boot_no_paging: on a hart without Sv39 the guards of stacks would guard nothing,
// which the boot says before it stops.
// only-arch: riscv64
// expect-status: 2
// expect: ^boot: no Sv39 paging for the stack guards; STACK_GUARD_BYTES=0 would
// expect-not: main runs
// qemu: -cpu rv64,mmu=off
#include <go.h>
#include <stdio.h>

int
main(void)
{
	printf("main runs\n");
	return 0;
}
