// time.c (template): the clock and the one-shot deadline.
#include "template.h"

// nanotime: monotonic, the same on all harts, 64 bits even if the counter has
// fewer. A throw asks for it, so it does not throw: this one stands still but
// for its own steps.
int64_t
nanotime(void)
{
	static int64_t now;

	return now += 1000;
}

// arch_timerset: never fires early. A deadline that is past fires at once; one
// that is farther away than the timer can count re-arms itself unseen.
void
arch_timerset(int64_t when)
{
	(void)when;
	todo(arch_timerset);
}
