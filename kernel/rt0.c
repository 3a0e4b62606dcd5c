// rt0.c: how the kernel starts: rt0_go on the boot hart, mstart on each.
//
// What always holds: a hart that comes late joins when it comes; one that never
// comes is never counted. The main goroutine starts the other harts, so boot is as
// sequential as it looks.
//
// Go: asm.s (rt0_go), proc.go (schedinit, main, mstart).
#include <string.h>

#include "runtime.h"
#include "torture.h"

struct schedt sched;
struct m allm[MAXHARTS];
struct p allp[MAXHARTS];
uint32_t ncpu, gomaxprocs;

unsigned char g0stacks[MAXHARTS * G0_STACK_BYTES]
	__attribute__((aligned(G0_STACK_ALIGN), section(".bss.g0stacks")));

_Static_assert(MAXHARTS <= 32, "sched.idle has 32 bits");
_Static_assert(MAXHARTS <= GO_MAXHARTS, "struct runtime_stats");

// runtime_main is goroutine 1.
static void
runtime_main(void *unused)
{
	(void)unused;
	store(&sched.mainstarted, true);
	for (uint32_t i = 1; MAXHARTS > 1 && i < ncpu; i++)
		arch_cpustart(i);
	os_exit(libc_main());
}

// minit makes hart cpu's M and g0, and puts the caller on them.
static struct m *
minit(unsigned cpu)
{
	struct m *mp = &allm[cpu];
	struct g *g0 = &mp->g0store;

	mp->id = cpu;
	mp->g0 = g0;
	mp->armed = INT64_MAX;
	mp->rand = (mp->rand ^ (cpu + 1)) * 2654435761u | 1;
	g0->m = mp;
	g0->status = Grunning;
	g0->locks = G0LOCKS;
	g0->stacklo = (uintptr_t)&g0stacks[cpu * G0_STACK_BYTES];
	g0->stackhi = g0->stacklo + G0_STACK_BYTES;
	g0->stacklo += G0_GUARD_BYTES;
	g0->sched.sp = g0->stackhi;
	setg(g0);
	return mp;
}

// option returns the number after "name" in the boot arguments, or dflt.
static uint32_t
option(const char *name, int field, uint32_t dflt)
{
	const char *s = strstr(arch_bootargs(), name);

	if (s == NULL)
		return dflt;
	for (s += strlen(name); field > 0; field--) {
		s = strchr(s, ',');
		if (s++ == NULL)
			return dflt;
	}

	uint32_t v = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (uint32_t)(*s - '0');
	return v;
}

// early_init: see go.h.
__attribute__((weak)) void
early_init(void)
{
}

// rt0_go starts the kernel on hart 0 and makes the main goroutine.
_Noreturn void
rt0_go(void)
{
	uint32_t seed = option("gz.seed=", 0, 1);
	struct m *mp;

	ncpu = MAXHARTS == 1 || arch_ncpu() < MAXHARTS ? arch_ncpu() : MAXHARTS;
	setgomaxprocs(ncpu);
	if (CHAOS) {
		chaosmin = option("gz.chaos=", 0, 0);
		chaosmax = option("gz.chaos=", 1, 0);
	}
	if (TORTURE)
		tortureinit(seed, option("gz.fail=", 0, 0),
			    option("gz.fail=", 1, 1),
			    option("gz.failevery=", 0, 0));
	if (RACE)
		raceinit(seed);
	for (uint32_t i = 0; i < MAXHARTS; i++) {
		allp[i].id = i;
		allp[i].stopped = true;
		settick(&allp[i], 0);
		allm[i].rand = seed * 747796405u + i * 2891336453u;
	}
	mp = minit(0);
	sched.nm = 1;
	sched.worldsema.count = 1;
	mp->p = &allp[0];
	allp[0].m = mp;
	allp[0].stopped = false;
	if (CONSOLE_INPUT > 0)
		consoleinit();
	if (LASTRUN_BYTES != 0)
		lastrunboot();
	early_init();
	newmain(runtime_main);
	mstart(0);
}

// mstart1 puts this hart's own state (trap vector, FP control, timer) as boot
// left it, and schedules: at the hart's start, and again when a goroutine ended
// that was locked to it. On g0, interrupts masked. Never returns.
_Noreturn void
mstart1(struct m *mp)
{
	arch_irqsave(); // until the first gogo or sleep
	arch_minit();
	mp->armed = INT64_MAX;
	armchaos();
	if (WATCHDOG_NS != 0)
		armtimer(0); // the first look
	if (mp->p != NULL && mp->p->tickwhen != 0)
		armtimer(mp->p->tickwhen);
	if (mp->p != NULL && mp->p->timer0when != 0)
		armtimer(mp->p->timer0when);
	if (MAXHARTS > 1 && mp->p == NULL)
		joinm(mp, &allp[mp->id]);
	schedule();
}

// mstart starts the scheduler of a hart; boot calls it once on each. Never
// returns. A hart that comes late joins when it comes.
_Noreturn void
mstart(unsigned cpu)
{
	struct m *mp;

	if (cpu >= MAXHARTS)
		throw("mstart: no such hart");
	mp = MAXHARTS == 1 || cpu == 0 ? &allm[0] : minit(cpu);
	arch_minit();
	if (STACK_GUARD_BYTES > 0)
		guardtest(mp);
	mstart1(mp);
}
