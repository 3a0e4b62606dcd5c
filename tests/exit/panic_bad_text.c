// panic_bad_text (Go: PanicWhilePanicking): the text of a panic cannot be read;
// that is a panic itself, on top of the first. (misaligned too, so that machines
// mind where nothing is protected)
// expect-status: 2
// expect: ^panic: .*\n\tpanic: runtime error: invalid memory address.*\n
// expect: ^goroutine 1 \[running\]
// expect: ^main\(
// expect-not: goes on
#include <go.h>
#include <stdio.h>

int
main(void)
{
	const char *volatile text = (const char *)1;

	if (runtime_num_cpu() > 0)
		panic("the text is %s", text);
	printf("main goes on\n");
	return 0;
}
