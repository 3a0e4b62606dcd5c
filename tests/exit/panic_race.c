// panic_race (Go: PanicRace): several goroutines panic at the same time on
// several harts; there is one whole report and one exit status.
// expect-status: 2
// expect: ^panic: I am [0-9]$
// expect: ^goroutine [0-9]+ .*\[running\].*$
// harts: 1 4
#include <go.h>
#include <stdatomic.h>

static atomic_int ready;

static void
racer(void *arg)
{
	int *id = arg;

	atomic_fetch_add(&ready, 1);
	while (atomic_load(&ready) <= 8)
		runtime_gosched();
	panic("I am %d", *id);
}

int
main(void)
{
	for (int i = 0; i < 8; i++)
		go_copy(racer, (struct { int id; }){ i });
	while (atomic_load(&ready) < 8)
		runtime_gosched();
	atomic_fetch_add(&ready, 1);
	time_sleep(SECOND);
	return 0;
}
