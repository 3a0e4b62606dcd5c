// stat.c: what the kernel has counted, for programs and tests. Counters belong to
// the P or M that moves them and are read without a lock, so on a running system
// the sums are a moment old; with everything else asleep they are exact.
#include "runtime.h"

static void
readhart(struct runtime_hart *h, const struct p *pp, const struct m *mp)
{
	h->switches = (uint64_t)pp->schedtick + pp->inherits + pp->handed;
	h->spawned = spawned(pp);
	h->lives = pp->lives;
	h->reused = h->spawned - pp->fresh;
	h->steals = pp->steals;
	h->preemptions = mp->preemptions + pp->handed;
	h->wakeups = mp->wakeups;
	h->interrupts = mp->interrupts + pp->handed;
	h->idle_ns = load64(&mp->idle_ns);
	h->late_ns = load64(&mp->late);
}

// readpools lists every pool that has been used, and the channel buffers.
static void
readpools(struct runtime_stats *s)
{
	const unsigned max = sizeof(s->pool) / sizeof(s->pool[0]);

	s->npools = 0;
	for (struct pool *p = load_acq(&allpools); p != NULL; p = p->link) {
		if (s->npools == max - 1)
			break;
		s->pool[s->npools++] = (struct runtime_pool){
			.name = p->name,
			.setting = p->setting,
			.used = load_rlx(&p->used),
			.high = load_rlx(&p->high),
			.size = p->n,
		};
	}
	s->pool[s->npools++] = (struct runtime_pool){
		.name = "channel buffer bytes",
		.setting = "CHANBUF_BYTES",
		.used = chanbufused(),
		.high = chanbufhigh(),
		.size = CHANBUF_BYTES,
	};
}

void
runtime_read_stats(struct runtime_stats *s)
{
	s->nharts = ncpu;
	s->ntimers = 0;
	for (uint32_t i = 0; i < ncpu; i++) {
		readhart(&s->hart[i], &allp[i], &allm[i]);
		s->ntimers += load_rlx(&allp[i].ntimers);
	}
	s->console_in = (uint64_t)consolein();
	s->console_lost = (uint64_t)consolelost();
	readpools(s);
	for (int i = 0; i < NSTACKCLASS; i++)
		s->stack[i] = (struct runtime_stackclass){
			.size = stackclassbytes(i),
			.high = stackclasshigh(i),
		};
}

uint64_t
runtime_goid(void)
{
	struct g *gp = getg();

	return gp == NULL ? 0 : gp->goid;
}

int
runtime_num_goroutine(void)
{
	return (int)gcount();
}

int
runtime_num_cpu(void)
{
	return (int)ncpu;
}

int
runtime_cpu(void)
{
	return (int)arch_cpuid();
}
