// fault: a goroutine reads where there is nothing, and nobody recovers. The
// report names the hart, the goroutine, the instruction with its function, the
// address and the registers.
// expect-status: 2
// expect: ^panic: runtime error: invalid memory .* pointer dereference
// expect: ^panic: .*, address 0xf{5,13}000\)$
// expect: ^\[.*: hart [0-9], goroutine [0-9]+, pc .*touch
// expect: hart [0-9]
// expect: goroutine [0-9]+.*wild
// expect: ^\[.*, address 0xf{5,13}000\]$
// expect: touch.*\n.*fault\.c:[0-9]+
// expect: created by main
// expect: \b(sp|rsp|psp|SP)\b
// expect-not: main goes on
// harts: 1 4
#include <go.h>
#include <stdint.h>
#include <stdio.h>

__attribute__((noinline)) static int
touch(uintptr_t a)
{
	return *(volatile int *)a + 1;
}

static void
wild(void *arg)
{
	*(int *)arg = touch((uintptr_t)0xfffffffffffff000);
}

int
main(void)
{
	static int n;

	go_with((struct go_attr){ .name = "wild" }, wild, &n);
	time_sleep(SECOND);
	printf("main goes on\n");
	return 0;
}
