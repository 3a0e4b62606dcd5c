// go_cas.h (riscv64): include/go_cas.h, see there, with the reservation written
// out: the compiler's own compare-and-swap compares once more than is needed, and
// has a fence where the store's .rl does. Between lr and sc stand a handful of
// register instructions, no other access and no way back, so they get through in
// the end (unprivileged ISA, 8.3); the orders are its table A.6's.
#ifndef GZERO_GO_CAS_H
#define GZERO_GO_CAS_H

// volatile, although goto says so: gcc 12 leaves one out whose outputs nobody uses.

// %0 is the word, then 0 when the store has been done; `no` goes to %l[other].
#define GO_RESERVED_(p, lr, before, change, sc) \
	do { \
		uintptr_t v_; \
\
		__asm__ volatile goto("1:\t" lr " %0, (%1)\n\t" before \
				      "\n\t" change "\n\t" sc \
				      " %0, %0, (%1)\n\t" \
				      "bnez %0, 1b" \
				      : "=&r"(v_) \
				      : "r"(p) \
				      : "memory" \
				      : other); \
	} while (0)

GO_STEP_ bool
go_mutex_take_(uint32_t *state)
{
	GO_RESERVED_(state, "lr.w.aq", "bnez %0, %l[other]", "li %0, 1",
		     "sc.w");
	return true;
other:
	return false;
}

GO_STEP_ bool
go_mutex_drop_(uint32_t *state)
{
	GO_RESERVED_(state, "lr.w", "addi %0, %0, -1", "bnez %0, %l[other]",
		     "sc.w.rl");
	return true;
other:
	return false;
}

GO_STEP_ bool
go_sema_take_(uint32_t *count)
{
	GO_RESERVED_(count, "lr.w.aq", "blez %0, %l[other]", "addi %0, %0, -1",
		     "sc.w");
	return true;
other:
	return false;
}

GO_STEP_ bool
go_sema_give_(uint32_t *count)
{
	// addiw: INT32_MAX becomes negative as well.
	GO_RESERVED_(count, "lr.w", "addiw %0, %0, 1", "bltz %0, %l[other]",
		     "sc.w.rl");
	return true;
other:
	return false;
}

GO_STEP_ bool
go_sema_shut_(uint32_t *count)
{
	GO_RESERVED_(count, "lr.w", "bnez %0, %l[other]", "lui %0, 0x80000",
		     "sc.w");
	return true;
other:
	return false;
}

GO_STEP_ bool
go_count_(uint32_t *count, int delta)
{
	uintptr_t v;

	__asm__ volatile goto("1:\tlr.w %0, (%1)\n\t"
			      "bltz %0, %l[other]\n\t"
			      "addw %0, %0, %2\n\t"
			      "bltz %0, %l[other]\n\t"
			      "sc.w.rl %0, %0, (%1)\n\t"
			      "bnez %0, 1b"
			      : "=&r"(v)
			      : "r"(count), "rI"(delta)
			      : "memory"
			      : other);
	return true;
other:
	return false;
}

GO_STEP_ int32_t
go_add_(uint32_t *p, uint32_t n)
{
	int32_t old;

	__asm__ volatile("amoadd.w.aqrl %0, %2, (%1)"
			 : "=r"(old)
			 : "r"(p), "r"(n)
			 : "memory");
	return (int32_t)((uint32_t)old + n);
}

GO_STEP_ bool
go_seen_(const uint32_t *p)
{
	intptr_t v;

	__asm__ volatile("lw %0, %1\n\t"
			 "fence r, rw"
			 : "=r"(v)
			 : "m"(*p)
			 : "memory");
	return v != 0;
}

#endif
