// mutex_unlocked: unlocking what is not locked cannot even be recovered.
// expect-status: 2
// expect: ^fatal error: sync: unlock of unlocked mutex$
// expect-not: recovered
#include <go.h>
#include <stdio.h>

static void catch (void *arg)
{
	(void)arg;
	recover();
	printf("recovered\n");
}

int
main(void)
{
	struct mutex m = { 0 };

	defer(catch, NULL);
	mutex_unlock(&m);
	return 0;
}
