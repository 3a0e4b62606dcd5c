// main.c: an interrupt at every instruction.
//
// A scenario is a few calls (a send and the receive that it meets, say). It is run
// again and again, each time with an interrupt one step later, until it is over
// before the interrupt comes: so the interrupt has stood at every boundary between
// two instructions that the scenario executes. Time is virtual (-icount) and there
// is nothing else that is not the same each time, so "the same run, but the
// interrupt one instruction later" is what it says.
//
// The handler takes the goroutine off, or makes another one ready that then gets
// in the way, or both, or both twice in a row: the second interrupt then moves
// through what the first one set off, the preemption and the way back. After each
// placement the scenario's result is looked at, and the ledger.
//
// Where the interrupts came is dumped at the end, one line for each address. Whether
// that is everywhere the image cannot know: tools/sweep.py holds it against what a
// plugin of the emulator saw executed with interrupts on.
//
// Words of the boot arguments:
//   only=PREFIX   scenarios whose names begin so
//   modes=N       bit m: mode m (15)
//   slow=1        those that take long too
//   stride=N      only every N-th placement, 1 if absent
//   show=NAME     print the pc of each placement of that scenario
//   passes=N      the modes with two interrupts so many times, at other distances
//
// Turned down: interrupts from outside (the emulator's debugger, ten thousand times
// slower); random distances (the torture and the chaos runs have them, and no
// number of them is all).
#include "sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *only;
	unsigned modes, stride, passes;
	bool slow;
	const char *show;
} opt = { "", (1u << NMODE) - 1, 1, 1, false, "" };

static const struct scenario *now;
static enum mode nowmode;
static unsigned placement;
static const char *const modename[NMODE] = { "preempt", "ready", "both",
					     "two" };

// ---- What went wrong --------------------------------------------------------------

static const char *badfile, *badwhat;
static int badline;

void
failed(const char *file, int line, const char *what)
{
	if (badwhat != NULL)
		return;
	badfile = file;
	badline = line;
	badwhat = what;
}

// A machine that ends by itself in the middle says where it was.
_Noreturn void __real_arch_halt(int status);
_Noreturn void __wrap_arch_halt(int status);
_Noreturn void
__wrap_arch_halt(int status)
{
	if (now != NULL)
		kprintf("not ok - %s %s: the machine ended at placement %u, "
			"interrupt before %p\n",
			now->name, modename[nowmode], placement,
			(void *)lastpc());
	__real_arch_halt(status);
}

// ---- Those whom the handler readies --------------------------------------------------
// asked and got: how often each was made ready, and how often it has run.

enum { BYNOTE, BYSEMA, BYCHAN, NBY };
static struct note bynote;
static struct semaphore bysema;
CHAN_STATIC(bychan, uint32_t, 1);
static volatile uint32_t asked[NBY], got[NBY];

static void
awake(int which)
{
	got[which]++;
	if (now->meddle != NULL)
		now->meddle();
}

static void
noteman(void *unused)
{
	(void)unused;
	for (;;) {
		note_wait(&bynote);
		awake(BYNOTE);
	}
}

static void
semaman(void *unused)
{
	(void)unused;
	for (;;) {
		semaphore_acquire(&bysema);
		awake(BYSEMA);
	}
}

static void
chanman(void *unused)
{
	uint32_t v;

	(void)unused;
	for (;;) {
		chan_recv(bychan, &v);
		EXPECT(v == got[BYCHAN] + 1);
		awake(BYCHAN);
	}
}

static void
preempt(void)
{
	struct p *pp = getg()->m->p;

	if (pp != NULL && !pp->held)
		pp->sliceover = true;
}

static void
wake(int which)
{
	uint32_t v = ++asked[which];

	if (which == BYNOTE)
		ready_isr(&bynote);
	else if (which == BYSEMA)
		semaphore_release_isr(&bysema);
	else if (!chan_try_send_isr(bychan, &v))
		asked[BYCHAN]--;
}

bool
running(void)
{
	return now != NULL;
}

// act is the handler's part, interrupt nth of a placement.
void
act(enum mode mode, unsigned nth)
{
	static const int first[NMODE] = { 0, BYSEMA, BYCHAN, BYNOTE };

	if (mode != PREEMPT) {
		if (nth > 0)
			wake(BYSEMA);
		else if (now->wake != NULL)
			now->wake();
		else
			wake(first[mode]);
	}
	if (mode != READY)
		preempt();
}

// ---- The ledger -----------------------------------------------------------------------

static int alive;
static struct runtime_stats stats, before;

static bool
quiet(void)
{
	struct m *mp = getg()->m;

	for (int i = 0; i < NBY; i++)
		if (asked[i] != got[i])
			return false;
	return runtime_num_goroutine() == alive && mp->ready == NULL &&
	       mp->isrops == NULL && load_rlx(&sched.runqsize) == 0 &&
	       runqempty(mp->p);
}

// settle lets everything that the placement set off come to its end.
static bool
settle(void)
{
	for (int i = 0; i < 400; i++) {
		if (quiet())
			return true;
		if (i < 300)
			runtime_gosched();
		else
			time_sleep(INSNS(50000));
	}
	return false;
}

// used is how much of a pool is in use; none of one that nobody has asked yet.
static unsigned
used(const struct runtime_stats *st, const char *setting)
{
	for (unsigned i = 0; i < st->npools; i++)
		if (strcmp(st->pool[i].setting, setting) == 0)
			return st->pool[i].used;
	return 0;
}

static void
ledger(void)
{
	static const char *const pools[] = { "NCHAN", "CHANBUF_BYTES" };

	runtime_read_stats(&stats);
	for (int i = 0; i < 2; i++)
		EXPECT(used(&stats, pools[i]) == used(&before, pools[i]));
	EXPECT(stats.ntimers == before.ntimers);
}

static void
balance(void)
{
	struct g *gp = getg();

	for (int i = 0; i < NBY; i++)
		EXPECT(asked[i] == got[i]);
	EXPECT(runtime_num_goroutine() == alive);
	EXPECT(gp->locks == 0);
	EXPECT(gp->m->curg == gp && gp->m->g0->locks == G0LOCKS);
	EXPECT(!gp->m->spinning && load_rlx(&sched.stopwait) == 0);
	EXPECT(load_rlx(&sched.gcwaiting) == 0);
	if (placement % 16 == 0)
		ledger();
}

// ---- Placements --------------------------------------------------------------------------

static unsigned long placements, shots;

// alike makes the scheduler's state the same for each placement: what it does at
// every so manyth pick, by lot, or when the slice ends comes at the same instruction
// then, and none is passed over because the one before was another run. The slice
// clock runs, with no look at the slice to come, so that goroutines take the quick
// ways; where a mode has it stand, those of g0.
static void
alike(unsigned pass, bool clock)
{
	uintptr_t s = arch_irqsave();
	struct m *mp = getg()->m;
	struct p *pp = mp->p;

	mp->rand = 1 + pass * 40503;
	pp->schedtick = 1;
	pp->slices = 0;
	pp->sliceover = 0;
	getg()->preempt = 0; // of one that was put off
	for (unsigned i = 0; i < NG && i < 100; i++)
		allg[i].bumps = 0;
	if (MAXHARTS > 1)
		pp->goidcache = pp->goidcacheend;
	settick(pp, clock ? INT64_MAX : 0);
	pp->timerrest = pp->fncost = 0;
	mp->armed = pp->timer0when != 0 ? pp->timer0when : INT64_MAX;
	arch_timerset(mp->armed);
	arch_irqrestore(s);
}

// one runs the scenario with its interrupt n steps from the start, and returns how
// many came.
static unsigned
one(const struct scenario *s, enum mode mode, unsigned n, unsigned gap,
    unsigned pass)
{
	unsigned taken;

	if (s->prepare != NULL)
		s->prepare();
	calm();
	alike(pass, mode != BOTH);
	arm(mode, n, gap, s->remote ? 1 - getg()->m->id : getg()->m->id,
	    s->remote);
	s->run();
	taken = disarm();
	if (!settle())
		failed(__FILE__, __LINE__, "it comes to rest");
	letgo();
	if (s->check != NULL && !s->check())
		failed(__FILE__, __LINE__, "the result is right");
	balance();
	placements++;
	shots += taken;
	return taken;
}

// A gap of up to so many steps, another one for each placement: what the first
// interrupt sets off is a few hundred instructions long.
#define GAP_MAX 1000

// With show, the pcs: printed when all is over, since printing takes time.
enum { SHOW_MAX = 8000 };
static uintptr_t shown[SHOW_MAX];

static bool
move(const struct scenario *s, enum mode mode)
{
	unsigned stride = opt.stride;
	unsigned passes = mode == TWO ? opt.passes : 1, asleep, missed, taken;
	unsigned long from = placements;
	bool show = strcmp(s->name, opt.show) == 0;

	now = s;
	nowmode = mode;
	badwhat = NULL;
	runtime_read_stats(&before);
	for (unsigned pass = 0; pass < passes && badwhat == NULL; pass++) {
		asleep = missed = 0;
		placement = pass % stride;
		while (badwhat == NULL && asleep < 9 && missed * stride < 64) {
			unsigned gap = placement * 61 + pass * 277;

			taken = one(s, mode, placement, gap % GAP_MAX, pass);
			if (show && placement < SHOW_MAX)
				shown[placement] = lastpc();
			placement += stride;
			// Some more: an interrupt may have made a run after it
			// a little longer (a list is empty that was not).
			missed = taken != 0 ? 0 : missed + 1;
			// Where the run waits for the interrupt, it has
			// come far enough once that is all it does.
			asleep = s->wake != NULL && hitidle() ? asleep + 1 : 0;
		}
	}
	ledger();
	ledger_check();
	now = NULL;
	for (unsigned i = 0; show && i < SHOW_MAX && i < placement; i++)
		printf("# %u %lx\n", i, (unsigned long)shown[i]);
	if (badwhat == NULL) {
		printf("ok - %s %s # %lu placements\n", s->name, modename[mode],
		       placements - from);
		return true;
	}
	printf("not ok - %s %s: placement %u, interrupt before %p: %s:%d: %s\n",
	       s->name, modename[mode], placement - stride, (void *)lastpc(),
	       badfile, badline, badwhat);
	return false;
}

static void
dump(void)
{
	for (uintptr_t pc = textlo(); pc < texthi(); pc += UNIT)
		if (hit(pc) != 0)
			printf("hit %lx %x\n", (unsigned long)pc, hit(pc));
}

static void
parse(const char *word)
{
	const char *v = strchr(word, '=');
	size_t n = v != NULL ? (size_t)(v++ - word) : 0;

	if (n == 4 && strncmp(word, "only", n) == 0)
		opt.only = v;
	else if (n == 5 && strncmp(word, "modes", n) == 0)
		opt.modes = (unsigned)atoi(v);
	else if (n == 6 && strncmp(word, "stride", n) == 0)
		opt.stride = (unsigned)atoi(v);
	else if (n == 6 && strncmp(word, "passes", n) == 0)
		opt.passes = (unsigned)atoi(v);
	else if (n == 4 && strncmp(word, "slow", n) == 0)
		opt.slow = atoi(v) != 0;
	else if (n == 4 && strncmp(word, "show", n) == 0)
		opt.show = v;
	else
		printf("# what is \"%s\"?\n", word);
}

int
main(int argc, char **argv)
{
	int tests = 0, bad = 0;

	for (int i = 1; i < argc; i++)
		parse(argv[i]);
	shotinit();
	go(noteman, NULL);
	go(semaman, NULL);
	go(chanman, NULL);
	runtime_gosched();
	otherinit();
	alive = runtime_num_goroutine();
	for (const struct scenario *s = runtime_num_cpu() > 1 ? pairs :
								scenarios;
	     s->name != NULL; s++) {
		if (strncmp(s->name, opt.only, strlen(opt.only)) != 0 ||
		    (s->slow && !opt.slow))
			continue;
		for (enum mode m = PREEMPT; m < NMODE; m++) {
			if (!(opt.modes & 1u << m) ||
			    (s->wake != NULL && m == PREEMPT))
				continue;
			tests++;
			if (!move(s, m))
				bad++;
		}
	}
	dump();
	printf("# %lu placements, %lu interrupts\n1..%d\n", placements, shots,
	       tests);
	return bad == 0 && tests > 0 ? 0 : 1;
}
