// fault_jump: a call into nowhere is reported with the pc it went to and with
// the goroutine that did it.
// expect-status: 2
// expect: ^panic: runtime error:
// expect: f{5,13}000\b
// expect: ^\[.*: hart [0-9], goroutine 1, pc .*\(main\+
// expect: ^goroutine 1 \[running\].*:\nmain.*\n.*fault_jump\.c:[0-9]+
// expect-not: main goes on
#include <go.h>
#include <stdint.h>

int
main(void)
{
	volatile uintptr_t a = (uintptr_t)0xfffffffffffff000;

	((void (*)(void))a)();
	return 0;
}
