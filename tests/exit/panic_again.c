// panic_again: a recovered panic that is raised anew shows both.
// expect-status: 2
// expect: ^panic: first \[recovered\]$
// expect: ^\tpanic: first again$
#include <go.h>

static void
again(void *arg)
{
	const char *text = recover();

	(void)arg;
	panic("%s again", text);
}

int
main(void)
{
	defer(again, NULL);
	panic("first");
}
