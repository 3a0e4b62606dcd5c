// fault_device_code: what a device's registers read as is not executed.
// expect-status: 0
// expect: ^called: runtime error: .*\(instruction access fault, address 0x10000000\)$
// only-arch: riscv64
#include <go.h>
#include <stdint.h>
#include <stdio.h>

static void
call(void *arg)
{
	((void (*)(void))(uintptr_t)arg)();
}

int
main(void)
{
	const char *text = panic_catch(call, (void *)(uintptr_t)0x10000000);

	printf("called: %s\n", text ? text : "and came back");
	return 0;
}
