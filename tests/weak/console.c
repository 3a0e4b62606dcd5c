// Console input: the handler's ring, and the handshake with who waits for input;
// handlers of lines that come and go.
#include "kernel.h"

static unsigned char typed[] = "abc";
static unsigned ntyped[MAXHARTS];
static struct g *parked; // gopark's
static unsigned readied;

UNCHECKED int
arch_getc(void)
{
	return ntyped[weak_self()] < 2 ? typed[ntyped[weak_self()]++] : -1;
}

unsigned
arch_console_irq(void)
{
	return 1;
}

void
arch_irqmask(unsigned irq, bool masked)
{
	(void)irq;
	(void)masked;
}

// What an interrupt does besides: nobody calls irqdispatch here.
bool
lineexit(struct m *mp, struct g *gp)
{
	(void)mp;
	(void)gp;
	return false;
}

bool
ipiexit(struct m *mp, struct g *gp)
{
	(void)mp;
	(void)gp;
	return false;
}

void
armtick(struct p *pp, int64_t now)
{
	(void)pp;
	(void)now;
}

void
wakep(void)
{
}

void
stackbroken(const struct g *gp)
{
	(void)gp;
}

void
semacquire(struct go_sema *s, bool lifo, const char *reason)
{
	(void)s;
	(void)lifo;
	(void)reason;
}

void
semrelease(struct go_sema *s, bool handoff)
{
	(void)s;
	(void)handoff;
}

static bool (*commitof)(struct g *gp, void *arg);

// gopark: unlockf, and then wait until somebody readies us.
void
gopark(bool (*unlockf)(struct g *, void *), void *arg, const char *reason)
{
	(void)reason;
	gs[0].param = &gs[0]; // a race, if it is made ready too early
	if (unlockf(&gs[0], arg))
		weak_wait(0);
}

#include "../../kernel/netpoll.c"
#define commit consolecommit
#include "../../kernel/console.c"
#undef commit

UNCHECKED static void
reset(void)
{
	resetkernel();
	memset(handlers, 0, sizeof(handlers));
	memset(irqstate, 0, sizeof(irqstate));
	memset(ring, 0, sizeof(ring));
	memset(ntyped, 0, sizeof(ntyped));
	head = tail = UINT32_MAX;
	waiter = NULL;
	nin = nlost = 0;
	readied = 0;
	parked = NULL;
	commitof = NULL;
}

// A handler's push is its hart's: whoever it readied runs.
static void
drains(void)
{
	for (struct g *gp = netpoll(); gp != NULL; gp = gp->schedlink) {
		gp->sched.pc++;
		weak_flag(0);
	}
}

static void
types(void)
{
	consoleintr(NULL);
	drains();
}

static void
typestwice(void)
{
	types();
	ntyped[weak_self()] = 0;
	types();
}

static void
reads(void)
{
	char s[4];
	size_t n;

	waitinput();
	n = take(s, 2);
	if (n == 0 || s[0] != 'a' || (n == 2 && s[1] != 'b'))
		weak_fail("not what was typed");
}

UNCHECKED static void
final(void)
{
	if (!weak_ended(1))
		weak_fail("the reader waits although something is typed");
}

// irq_wait against the line.
static void
fires(void)
{
	netpollready(0);
	drains();
}

static uint32_t served;
static void
waits(void)
{
	gopark(commit, &irqstate[0], "irq wait");
	served++;
}

// A handler that is attached while its line fires on another hart.
static uint32_t value;

static void
fn(void *arg)
{
	if (arg != &value || value != 7)
		weak_fail("the handler's argument is not there");
}

static void
attaches(void)
{
	value = 7;
	irqattach(0, fn, &value);
}

UNCHECKED static void
resetvalue(void)
{
	reset();
	value = 0;
}

static void
firesfn(void)
{
	netpollready(0);
}

static void
nothing(void)
{
}

// The ready list: the hart empties it, its handler pushes.
static unsigned drained;
static unsigned pushes;

UNCHECKED static void
resetready(void)
{
	reset();
	drained = pushes = 0;
}

static void
pushes2(void)
{
	pushready(&gs[pushes++]);
}

static void
empties(void)
{
	for (int i = 0; i < 3; i++)
		for (struct g *gp = netpoll(); gp != NULL; gp = gp->schedlink)
			drained++;
}

UNCHECKED static void
finalready(void)
{
	for (struct g *gp = allm[0].ready; gp != NULL; gp = gp->schedlink)
		drained++;
	if (drained != pushes)
		weak_fail("a goroutine is lost on the ready list");
}

const struct weak_test weak_tests[] = {
	{ .name = "typing against reading",
	  .n = 2,
	  .reset = reset,
	  .hart = { types, reads },
	  .final = final },
	{ .name = "typing twice",
	  .n = 2,
	  .reset = reset,
	  .hart = { typestwice, reads },
	  .final = final,
	  .late = ring,
	  .latesize = sizeof(ring) },
	{ .name = "irq_wait against its line",
	  .n = 2,
	  .reset = reset,
	  .hart = { fires, waits },
	  .final = final },
	{ .name = "attach against the line",
	  .n = 2,
	  .reset = resetvalue,
	  .hart = { attaches, firesfn },
	  .final = nothing },
	{ .name = "ready list",
	  .n = 1,
	  .reset = resetready,
	  .hart = { empties },
	  .final = finalready,
	  .irq = { pushes2 },
	  .irqs = { 2 } },
	{ .name = NULL },
};
