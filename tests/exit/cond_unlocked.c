// cond_unlocked: waiting with a mutex that is not locked.
// expect-status: 2
// expect: ^fatal error: sync: unlock of unlocked mutex
#include <go.h>

int
main(void)
{
	struct cond c = { 0 };
	struct mutex m = { 0 };

	cond_wait(&c, &m);
	return 0;
}
