// goexit_panic: Goexit of main and panics, by the names of Go's programs: which
// one is the first boot argument. Here GoexitInPanic: a goroutine that panics
// leaves by Goexit in a deferred call; main has left already.
// args: GoexitInPanic
// expect-status: 2
// expect: ^fatal error: no goroutines \(main called runtime\.Goexit\) - dead
// expect-not: ^panic|hello|never|all goroutines are asleep
#include <go.h>
#include <stdio.h>
#include <string.h>

static void
exits(void *arg)
{
	(void)arg;
	runtime_goexit();
}

static void
hello(void *arg)
{
	(void)arg;
	panic("hello");
}

static void
must_recover(void *arg)
{
	(void)arg;
	if (recover() == NULL)
		panic("bad recover");
}

static void
panics_then_exits(void *arg)
{
	(void)arg;
	defer(exits, NULL);
	panic("hello");
}

static void
recovers_inside(void *arg)
{
	(void)arg;
	defer(must_recover, NULL);
	panic("hello");
}

static void
nothing(void *arg)
{
	(void)arg;
}

// inner leaves main; the panic begins in its deferred call.
static void
inner(void)
{
	defer(hello, NULL);
	runtime_goexit();
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "GoexitInPanic") == 0) {
		go(panics_then_exits, NULL);
		runtime_goexit();
	} else if (strcmp(name, "PanicAfterGoexit") == 0) {
		defer(hello, NULL);
		runtime_goexit();
	} else if (strcmp(name, "RecoveredPanicAfterGoexit") == 0) {
		defer(recovers_inside, NULL);
		runtime_goexit();
	} else if (strcmp(name, "RecoverBeforePanicAfterGoexit") == 0) {
		defer(must_recover, NULL);
		defer(hello, NULL);
		runtime_goexit();
	} else if (strcmp(name, "RecoverBeforePanicAfterGoexit2") == 0) {
		for (int i = 0; i < 2; i++) {
			defer(nothing, NULL);
		}
		defer(must_recover, NULL);
		inner();
	}
	printf("never: \"%s\"\n", name);
	return 1;
}
