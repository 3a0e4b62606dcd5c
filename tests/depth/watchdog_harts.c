// watchdog_harts: with four harts the watchdog is fed while all of them get on, busy or
// asleep, and no more when one alone does not, though the others do.
// only-arch: riscv64
// board: virt
// harts: 4
// expect-status: 0
// expect: ^asleep: fed$
// expect: ^busy: fed$
// expect: ^one hangs: not fed$
// expect: ^and comes back: fed$
#include <go.h>
#include <stdatomic.h>
#include <stdio.h>

void board_watchdog(void);

static atomic_uint fed, spins;
static atomic_bool stop, held, release;

void
board_watchdog(void)
{
	atomic_fetch_add(&fed, 1);
}

static void
busy(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop))
		atomic_fetch_add(&spins, 1);
}

// hangs is a timer's function: its hart does nothing else, but takes interrupts.
static void
hangs(void *arg)
{
	(void)arg;
	atomic_store(&held, true);
	while (!atomic_load(&release))
		;
}

// during tells whether the watchdog was fed often, or not at all, in a second.
static void
during(const char *what)
{
	unsigned had, n;

	time_sleep(SECOND); // what was on its way
	had = fed;
	time_sleep(SECOND);
	n = fed - had;
	if (n >= 4)
		printf("%s: fed\n", what);
	else if (n == 0)
		printf("%s: not fed\n", what);
	else
		printf("%s: fed %u times\n", what, n);
}

int
main(void)
{
	static struct timer t;

	during("asleep");
	for (int i = 0; i < 6; i++)
		go(busy, NULL);
	during("busy");
	atomic_store(&stop, true);
	timer_start(&t, MILLISECOND, hangs, NULL);
	while (!atomic_load(&held))
		time_sleep(MILLISECOND);
	during("one hangs");
	atomic_store(&release, true);
	during("and comes back");
	return 0;
}
