// boot_no_mpu: on a core without a memory protection unit, which the board says it
// has, guards do not guard. Boot finds that out.
// only-arch: armv7m
// harts: 1
// qemu: -global cortex-m3-arm-cpu.pmsav7-dregion=0
// expect-status: 2
// expect: ^hart 0: a write to the stack guard at 0x[0-9a-f]+ went through$
// expect: ^fatal error: stack guards are not enforced
// expect-not: main runs
#include <stdio.h>

int
main(void)
{
	printf("main runs\n");
	return 0;
}
