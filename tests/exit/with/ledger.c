// ledger.c: a last look at the ledger. It is linked to every program of tests/exit
// (link.opt), and to nothing else: os_exit, which is where main's return and exit()
// end too, comes here first. If a law is broken (kernel/ledger.c) the machine ends
// with status 2 and says which, so the program's test fails.
//
// The program may end while others run. They get some milliseconds to come to rest,
// since only then all laws hold; if they do not, what holds at every moment has been
// checked. A program that ends with a report, by a panic or a deadlock say, does
// not come here: what it leaves is not in order, nor need it be.
#include "../../../kernel/runtime.h"

enum { TRIES = 10 };

bool ledger_check(void);
_Noreturn void __real_os_exit(int code);
_Noreturn void __wrap_os_exit(int code);

_Noreturn void
__wrap_os_exit(int code)
{
	const struct g *gp = getg();

	if (gp != NULL && gp->goid != 0 && gp->locks == 0 && load(&dying) == 0)
		for (int i = 0; i < TRIES && !ledger_check(); i++)
			time_sleep(MILLISECOND);
	__real_os_exit(code);
}
