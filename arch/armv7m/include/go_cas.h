// go_cas.h (armv7m): include/go_cas.h, see there, with the exclusive accesses
// written out. There is one hart, and an exception's entry and return let go of the
// reservation, so they need no barrier; what is in flight is the compiler's alone
// ("memory"). The compiler's own sequences compare once more than is needed, and
// keep the old value.
#ifndef GZERO_GO_CAS_H
#define GZERO_GO_CAS_H

// volatile, although goto says so: gcc 12 leaves one out whose outputs nobody uses.

// The word becomes what `change` makes of it in %0, unless `no` is true of the
// flags then. %1 is 0 when the store has been done.
#define GO_EXCLUSIVE_(p, change, no) \
	do { \
		uint32_t v_, failed_; \
\
		__asm__ volatile goto("1:\tldrex %0, [%2]\n\t" change \
				      "\n\t" no " %l[other]\n\t" \
				      "strex %1, %0, [%2]\n\t" \
				      "cmp %1, #0\n\t" \
				      "bne 1b" \
				      : "=&r"(v_), "=&r"(failed_) \
				      : "r"(p) \
				      : "cc", "memory" \
				      : other); \
	} while (0)

GO_STEP_ bool
go_mutex_take_(uint32_t *state)
{
	GO_EXCLUSIVE_(state, "rsbs %0, %0, #1", "bls"); // 1 <= old
	return true;
other:
	return false;
}

GO_STEP_ bool
go_mutex_drop_(uint32_t *state)
{
	GO_EXCLUSIVE_(state, "subs %0, %0, #1", "bne");
	return true;
other:
	return false;
}

GO_STEP_ bool
go_sema_take_(uint32_t *count)
{
	GO_EXCLUSIVE_(count, "subs %0, %0, #1", "blt"); // old < 1
	return true;
other:
	return false;
}

GO_STEP_ bool
go_sema_give_(uint32_t *count)
{
	GO_EXCLUSIVE_(count, "adds %0, %0, #1", "bmi"); // also of INT32_MAX
	return true;
other:
	return false;
}

GO_STEP_ bool
go_sema_shut_(uint32_t *count)
{
	GO_EXCLUSIVE_(count, "rsbs %0, %0, #0x80000000", "bpl"); // not 0
	return true;
other:
	return false;
}

GO_STEP_ bool
go_count_(uint32_t *count, int delta)
{
	uint32_t v, failed;

	__asm__ volatile goto("1:\tldrex %0, [%2]\n\t"
			      "cmp %0, #0\n\t"
			      "blt %l[other]\n\t"
			      "adds %0, %0, %3\n\t"
			      "bmi %l[other]\n\t"
			      "strex %1, %0, [%2]\n\t"
			      "cmp %1, #0\n\t"
			      "bne 1b"
			      : "=&r"(v), "=&r"(failed)
			      : "r"(count), "rI"(delta)
			      : "cc", "memory"
			      : other);
	return true;
other:
	return false;
}

GO_STEP_ int32_t
go_add_(uint32_t *p, uint32_t n)
{
	uint32_t v, failed;

	__asm__ volatile("1:\tldrex %0, [%2]\n\t"
			 "add %0, %0, %3\n\t"
			 "strex %1, %0, [%2]\n\t"
			 "cmp %1, #0\n\t"
			 "bne 1b"
			 : "=&r"(v), "=&r"(failed)
			 : "r"(p), "rI"(n)
			 : "cc", "memory");
	return (int32_t)v;
}

GO_STEP_ bool
go_seen_(const uint32_t *p)
{
	uint32_t v = *(const volatile uint32_t *)p;

	__asm__ volatile("" ::: "memory");
	return v != 0;
}

#endif
