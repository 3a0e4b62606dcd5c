// ctor: constructors run before main and already are a goroutine; destructors
// and atexit functions run after it.
// expect-status: 0
// expect: ^constructor in goroutine 1\nmain\natexit\ndestructor$
#include <go.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void
before(void)
{
	printf("constructor in goroutine %d\n", (int)runtime_goid());
}

__attribute__((destructor)) static void
after(void)
{
	printf("destructor\n");
}

static void
atend(void)
{
	printf("atexit\n");
}

int
main(void)
{
	atexit(atend);
	printf("main\n");
	return 0;
}
