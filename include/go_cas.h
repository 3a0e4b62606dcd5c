// go_cas.h: the few steps on one word that go.h's fast paths are made of, as the
// compiler knows them. An architecture for which it makes more instructions than
// there must be has a go_cas.h of its own in its include directory, which is found
// first: it says the same by other means, and what is written here holds for it.
//
// What always holds: a step is taken whole or not at all, whatever interrupt, other
// goroutine or other hart comes between; false says that the word was not as the
// step needs it, and was left alone. The compiler moves no access to memory across
// one that was taken. A pointer that is no address faults here, in the caller.
//
// Orders: what takes is an acquire, what gives back a release. Each word is one
// chain of read-modify-writes, so nothing here is a store that a load of another
// word must follow, and seq_cst is not needed (docs/orders.md).
//
// go_inline.h includes it, never alone.
#ifndef GZERO_GO_CAS_H
#define GZERO_GO_CAS_H

// A mutex that nobody has or waits for, 0, becomes 1, and back.
GO_STEP_ bool
go_mutex_take_(uint32_t *state)
{
	uint32_t old = 0;

	return __atomic_compare_exchange_n(state, &old, 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

GO_STEP_ bool
go_mutex_drop_(uint32_t *state)
{
	uint32_t old = 1;

	return __atomic_compare_exchange_n(state, &old, 0, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

// A semaphore's count, as int32_t: less than 0 while somebody is queued. One is
// taken if there is one; one is added unless somebody is queued or it is INT32_MAX.
GO_STEP_ bool
go_sema_take_(uint32_t *count)
{
	uint32_t n = __atomic_load_n(count, __ATOMIC_RELAXED);

	do {
		if ((int32_t)n <= 0)
			return false;
	} while (!__atomic_compare_exchange_n(
		count, &n, n - 1, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return true;
}

GO_STEP_ bool
go_sema_give_(uint32_t *count)
{
	uint32_t n = __atomic_load_n(count, __ATOMIC_RELAXED);

	do {
		if ((int32_t)(n + 1) <= 0 || (int32_t)n < 0)
			return false;
	} while (!__atomic_compare_exchange_n(
		count, &n, n + 1, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	return true;
}

// go_sema_shut_ makes INT32_MIN of 0, before the caller queues itself. With the
// semaphore's lock held: no order.
GO_STEP_ bool
go_sema_shut_(uint32_t *count)
{
	uint32_t old = 0;

	return __atomic_compare_exchange_n(count, &old, 1u << 31, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

// A wait_group's counter, as int32_t: less than 0 while somebody waits. It moves by
// delta if it is not, and does not become so.
GO_STEP_ bool
go_count_(uint32_t *count, int delta)
{
	uint32_t n = __atomic_load_n(count, __ATOMIC_RELAXED), sum;

	do {
		sum = n + (uint32_t)delta;
		if ((int32_t)n < 0 || (int32_t)sum < 0)
			return false;
	} while (!__atomic_compare_exchange_n(
		count, &n, sum, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	return true;
}

// go_add_ adds and returns the sum: acquire and release.
GO_STEP_ int32_t
go_add_(uint32_t *p, uint32_t n)
{
	return (int32_t)__atomic_add_fetch(p, n, __ATOMIC_ACQ_REL);
}

// go_seen_ looks whether the word is set, and acquires.
GO_STEP_ bool
go_seen_(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE) != 0;
}

#endif
