// fault.c: what the hardware refuses a goroutine becomes a panic of that
// goroutine, which it may recover from; nobody else hears of it.
//
// Everything that goes wrong here goes wrong in one volatile access, call or
// instruction, so what the compiler may move around it is none of the test's
// business. What a machine does not refuse is asserted as what it does instead.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NIL "runtime error: invalid memory address or nil pointer dereference"

// Nothing is there on any machine.
#define WILD (~(uintptr_t)0xfff)
#define HUGE ((uintptr_t)1 << (sizeof(uintptr_t) * 8 - 2))

// An instruction that returns, as data, and what a call of it has to add.
#if defined(__x86_64__)
#define RETURN \
	{ \
		0xc3, 0xc3, 0xc3, 0xc3 \
	}
#define THUMB 0
#elif defined(__riscv)
#define RETURN \
	{ \
		0x82, 0x80, 0x82, 0x80 \
	}
#define THUMB 0
#else
#define RETURN \
	{ \
		0x70, 0x47, 0x70, 0x47 \
	}
#define THUMB 1
#endif

static bool
begins(const char *text, const char *with)
{
	return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

static bool
ends(const char *text, const char *with)
{
	size_t n = text != NULL ? strlen(text) : 0, m = strlen(with);

	return n >= m && strcmp(text + n - m, with) == 0;
}

// is checks the text of a fault, with its address if that is given.
static void
is(int line, const char *text, const char *kind, const uintptr_t *address)
{
	char end[40];

	if (!begins(text, kind)) {
		printf("# fault.c:%d: \"%s\"\n", line,
		       text != NULL ? text : "(none)");
		test_fail(__FILE__, line, "what the panic says");
	}
	if (address == NULL)
		return;
	snprintf(end, sizeof end, ", address 0x%lx)", (unsigned long)*address);
	if (!ends(text, end)) {
		printf("# fault.c:%d: \"%s\"\n", line,
		       text != NULL ? text : "(none)");
		test_fail(__FILE__, line, "the address in the panic");
	}
}
#define IS(text, kind) is(__LINE__, text, kind, NULL)
#define IS_AT(text, kind, address) \
	is(__LINE__, text, kind, &(uintptr_t){ (uintptr_t)(address) })

// ---- One fault of each kind --------------------------------------------------

static void
reads(void *p)
{
	(void)*(volatile int *)p;
}

static void
writes(void *p)
{
	*(volatile int *)p = 1;
}

static void
calls(void *p)
{
	void (*volatile fn)(void) = (void (*)(void))(uintptr_t)p;

	fn();
	test_fail(__FILE__, __LINE__, "nothing happened");
}

static void
FaultNull(void)
{
	IS_AT(panic_catch(reads, NULL), NIL, 0);
	IS_AT(panic_catch(writes, NULL), NIL, 0);
	IS(panic_catch(calls, NULL), NIL);
}

static void
FaultWild(void)
{
	IS_AT(panic_catch(reads, (void *)WILD), NIL, WILD);
	IS_AT(panic_catch(writes, (void *)(WILD + 8)), NIL, WILD + 8);
	IS(panic_catch(calls, (void *)(WILD | THUMB)), NIL);
	if (sizeof(void *) > 4) { // more than the address bits that there are
		IS(panic_catch(reads, (void *)HUGE), NIL);
		IS(panic_catch(writes, (void *)HUGE), NIL);
		IS(panic_catch(calls, (void *)HUGE), NIL);
	}
}

static const int constant[4] = { 1, 2, 3, 4 };

// Code and constants cannot be written. They can be read.
static void
FaultReadOnly(void)
{
	uintptr_t code = (uintptr_t)reads & ~(uintptr_t)3;
	int was = *(volatile int *)code;

	IS_AT(panic_catch(writes, (void *)code), NIL, code);
	CHECK_EQ(*(volatile int *)code, was);
	IS_AT(panic_catch(writes, (void *)(uintptr_t)&constant[1]), NIL,
	      &constant[1]);
	CHECK_EQ(*(const volatile int *)&constant[1], 2);
}

// Nothing that can be written can be executed: .data, heap, stack.
static unsigned char code_data[4] __attribute__((aligned(8))) = RETURN;

static void
FaultNotCode(void)
{
	unsigned char stack[4] __attribute__((aligned(8))) = RETURN;
	unsigned char *heap = malloc(sizeof stack);

	NEED(heap != NULL);
	memcpy(heap, stack, sizeof stack);
	IS(panic_catch(calls, code_data + THUMB), NIL);
	IS(panic_catch(calls, heap + THUMB), NIL);
	IS(panic_catch(calls, stack + THUMB), NIL);
	free(heap);
}

static volatile bool yes = true;

static void
illegal(void *arg)
{
	(void)arg;
	if (yes)
		__builtin_trap();
}

static void
FaultIllegal(void)
{
	IS(panic_catch(illegal, NULL), "runtime error: illegal instruction");
}

static volatile int dividend = 7, divisor, quotient;

static void
divides(void *arg)
{
	(void)arg;
	quotient = dividend / divisor;
}

// RISC-V has no such trap: the quotient has all bits set.
static void
FaultDivide(void)
{
	const char *text = panic_catch(divides, NULL);

	if (text != NULL)
		IS(text, "runtime error: integer divide by zero");
	else
		CHECK_EQ(quotient, -1);
	quotient = 0;
	divisor = 7;
	CHECK(panic_catch(divides, NULL) == NULL);
	CHECK_EQ(quotient, 1);
	divisor = 0;
}

static unsigned char ragged[32] __attribute__((aligned(16)));
static volatile uint64_t whole;

static void
misaligned(void *p)
{
	whole = *(volatile uint64_t *)p;
}

// Two words at an odd address: the 32-bit machine minds (LDRD), the others put
// it together.
static void
FaultMisaligned(void)
{
	uint64_t want;
	const char *text;

	for (unsigned i = 0; i < sizeof ragged; i++)
		ragged[i] = (unsigned char)(i + 1);
	memcpy(&want, ragged + 1, sizeof want);
	text = panic_catch(misaligned, ragged + 1);
	if (sizeof(void *) == 4) {
		IS(text, "runtime error: misaligned memory access");
	} else {
		CHECK(text == NULL);
		CHECK(whole == want);
	}
	CHECK(panic_catch(misaligned, ragged) == NULL);
}

// ---- Floating point ----------------------------------------------------------

static volatile double zero, one = 1, result;

static void
divides_double(void *arg)
{
	(void)arg;
	result = one / zero;
}

// sum is 1 + 1/2 + ... + 1/n with others let in between.
static double
sum(int n, bool yields)
{
	volatile double s = 0;

	for (int i = 1; i <= n; i++) {
		s += 1.0 / i;
		if (yields && i % 16 == 0)
			runtime_gosched();
	}
	return s;
}

#if defined(__x86_64__)
// The x87 can be told to trap; it does when the next instruction but one waits.
static void
x87_divide(void)
{
	static const uint16_t unmasked = 0x37b;

	__asm__ volatile("fldcw %0\n\tfld1\n\tfldz\n\tfdivrp\n\tfstp %%st"
			 :
			 : "m"(unmasked));
}

static void
x87_wait(void)
{
	__asm__ volatile("fwait");
}

static void
x87_fault(void *arg)
{
	(void)arg;
	x87_divide();
	x87_wait();
	test_fail(__FILE__, __LINE__, "nothing happened");
}

// An exception that nobody has waited for stays with its goroutine.
static void
x87_leaves(void *arg)
{
	static const uint16_t masked = 0x37f;

	for (int i = 0; i < 100; i++) {
		x87_divide();
		runtime_gosched();
		__asm__ volatile("fnclex\n\tfldcw %0" : : "m"(masked));
	}
	wait_group_done(arg);
}

static void
x87_waits(void *arg)
{
	for (int i = 0; i < 100; i++) {
		x87_wait();
		runtime_gosched();
	}
	wait_group_done(arg);
}

static void
float_traps(void)
{
	struct wait_group wg = { 0 };
	volatile long double x = 3;

	for (int i = 0; i < 10; i++) // more than the x87's stack is deep
		IS(panic_catch(x87_fault, NULL),
		   "runtime error: floating point error");
	CHECK(x * 7 / 7 == 3);
	wait_group_add(&wg, 4);
	for (int i = 0; i < 2; i++) {
		go(x87_waits, &wg);
		go(x87_leaves, &wg);
	}
	wait_group_wait(&wg);
}
#else
static void
float_traps(void)
{
}
#endif

// A floating-point division by zero is infinity, unless the program wants it
// otherwise and the machine can.
static void
FaultFloat(void)
{
	CHECK(panic_catch(divides_double, NULL) == NULL);
	CHECK(result > 1e300);
	float_traps();
	CHECK(sum(100, false) > 5.187 && sum(100, false) < 5.188);
}

// ---- Recovering ----------------------------------------------------------------

static char text_seen[160];

static void
recovers(void *arg)
{
	const char *text = recover();

	snprintf(text_seen, sizeof text_seen, "%s",
		 text != NULL ? text : "nil");
	*(volatile int *)arg += 1;
}

static int
recovers_itself(void)
{
	volatile int n = 0;

	{
		defer(recovers, (void *)(uintptr_t)&n);
		n = 10;
	}
	return n;
}

struct box {
	volatile int value, seen;
};

static void
sees(void *arg)
{
	struct box *b = arg;

	b->seen = b->value;
	IS(recover(), NIL);
}

static void
fills(void *arg)
{
	struct box *b = arg;

	defer(sees, b);
	b->value = 1;
	b->value = 42;
	reads(NULL);
	b->value = 43;
}

// What was written before the fault is seen by the deferred function; what comes
// after it has not happened.
static void
FaultValuesVisible(void)
{
	struct box b = { 0, 0 };

	CHECK(panic_catch(fills, &b) == NULL);
	CHECK_EQ(b.seen, 42);
	CHECK_EQ(b.value, 42);
	CHECK_EQ(recovers_itself(), 11);
	CHECK(strcmp(text_seen, "nil") == 0);
}

static void
recovering_goroutine(void *arg)
{
	static volatile int n;

	defer(wait_group_done, arg);
	defer(recovers, (void *)(uintptr_t)&n);
	writes(NULL);
	test_fail(__FILE__, __LINE__, "nothing happened");
}

// A goroutine whose fault is recovered in its own function ends like any other.
static void
FaultGoroutineEnds(void)
{
	struct wait_group wg = { 0 };

	for (int i = 0; i < 20; i++) {
		wait_group_add(&wg, 1);
		go(recovering_goroutine, &wg);
		wait_group_wait(&wg);
		CHECK(begins(text_seen, NIL));
	}
	NEED(wait_idle(0));
}

static void
panics(void *arg)
{
	panic("%s", (const char *)arg);
}

static void
faults_in_defer(void *arg)
{
	(void)arg;
	defer(reads, NULL);
}

static void
faults_while_panicking(void *arg)
{
	(void)arg;
	defer(illegal, NULL);
	panic("first");
}

static void
panics_while_faulting(void *arg)
{
	(void)arg;
	defer(panics, "second");
	writes(NULL);
}

static void
faults_while_faulting(void *arg)
{
	(void)arg;
	defer(illegal, NULL);
	defer(writes, (void *)WILD);
	writes(NULL);
}

static void
inner(void *arg)
{
	defer(recovers, arg);
	reads(NULL);
}

static void
inner_recovered(void *arg)
{
	(void)arg;
	static volatile int n;

	defer(inner, (void *)(uintptr_t)&n);
	panic("outer");
}

// A fault is a panic as any other: in a deferred call it takes the older one's
// place, and the other way round.
static void
FaultInDefer(void)
{
	const char *trap = "runtime error: illegal instruction";

	IS_AT(panic_catch(faults_in_defer, NULL), NIL, 0);
	IS(panic_catch(faults_while_panicking, NULL), trap);
	IS(panic_catch(panics_while_faulting, NULL), "second");
	IS(panic_catch(faults_while_faulting, NULL), trap);
	IS(panic_catch(inner_recovered, NULL), "outer");
	CHECK(begins(text_seen, NIL));
}

static void
exits(void *arg)
{
	(void)arg;
	runtime_goexit();
}

static void
goexit_while_faulting(void *arg)
{
	defer(wait_group_done, arg);
	defer(exits, NULL);
	writes(NULL);
}

static void
fault_while_exiting(void *arg)
{
	static volatile int n;

	defer(wait_group_done, arg);
	defer(inner, (void *)(uintptr_t)&n);
	runtime_goexit();
}

static void
FaultGoexit(void)
{
	struct wait_group wg = { 0 };

	wait_group_add(&wg, 2);
	go(goexit_while_faulting, &wg);
	go(fault_while_exiting, &wg);
	wait_group_wait(&wg);
	NEED(wait_idle(0));
}

static void
blocks(void *arg)
{
	(void)arg;
	runtime_gosched();
	time_sleep(200 * MICROSECOND);
}

static void
blocks_while_faulting(void *arg)
{
	defer(blocks, NULL);
	reads(arg);
}

// Deferred calls may block while the goroutine that faulted panics, and go on on
// another hart.
static void
FaultBlocks(void)
{
	for (int i = 0; i < 20; i++)
		IS_AT(panic_catch(blocks_while_faulting, NULL), NIL, 0);
}

// ---- Many, and others beside them ----------------------------------------------

static void
faults_and_recovers(void *arg)
{
	static volatile int n;

	defer(recovers, (void *)(uintptr_t)&n);
	reads(arg);
}

// Ever so many faults leave nothing behind, on the stack or in a pool.
static void
FaultMany(void)
{
	static struct runtime_stats a, b;
	int bad = 0;

	for (int i = 0; i < scaled(10000); i++) {
		switch (i % 4) {
		case 0:
			bad += panic_catch(faults_and_recovers, NULL) != NULL;
			break;
		case 1:
			bad += !begins(panic_catch(writes, NULL), NIL);
			break;
		case 2:
			bad += !begins(panic_catch(calls, NULL), NIL);
			break;
		default:
			bad += panic_catch(illegal, NULL) == NULL;
			break;
		}
		if (i == 10)
			runtime_read_stats(&a);
	}
	CHECK_EQ(bad, 0);
	runtime_read_stats(&b);
	CHECK_EQ(a.npools, b.npools);
	for (unsigned i = 0; i < b.npools; i++)
		if (strcmp(a.pool[i].setting, "NG") != 0)
			CHECK_EQ(b.pool[i].used, a.pool[i].used);
}

struct one {
	struct wait_group *wg;
	atomic_int *bad;
	int id;
};

// faulter faults at an address of its own and must be told that one, also after
// others have run.
static void
faulter(void *arg)
{
	struct one *o = arg;
	uintptr_t a = WILD + (uintptr_t)o->id * 16;
	char end[40];

	snprintf(end, sizeof end, "address 0x%lx)", (unsigned long)a);
	for (int i = 0; i < 100; i++) {
		const char *text = panic_catch(reads, (void *)a);

		runtime_gosched();
		if (!begins(text, NIL) || !ends(text, end))
			atomic_fetch_add(o->bad, 1);
	}
	wait_group_done(o->wg);
}

// adder computes; nobody else's fault may change the result.
static void
adder(void *arg)
{
	struct one *o = arg;
	double want = sum(400, false);

	for (int i = 0; i < 4; i++)
		if (sum(400, true) != want) // bit by bit
			atomic_fetch_add(o->bad, 1);
	wait_group_done(o->wg);
}

// Goroutines on all harts fault and recover at the same time, while others
// compute, in floating point too.
static void
FaultsEverywhere(void)
{
	struct wait_group wg = { 0 };
	atomic_int bad = 0;

	wait_group_add(&wg, 8);
	for (int i = 0; i < 4; i++) {
		go_copy(faulter, (struct one){ &wg, &bad, i });
		go_copy(adder, (struct one){ &wg, &bad, i });
	}
	wait_group_wait(&wg);
	CHECK_EQ(bad, 0);
}

// Locals of the function that catches keep their values, floating ones too.
static void
FaultLocals(void)
{
	int a = 1, b = 2;
	double d = 0.5;

	for (int i = 0; i < 10; i++) {
		a += i;
		b ^= a;
		d = d * 3 + i;
		IS_AT(panic_catch(writes, NULL), NIL, 0);
	}
	CHECK_EQ(a, 46);
	CHECK_EQ(b, 25);
	CHECK_EQ((long)(d * 2), 88563);
}

const struct test fault_tests[] = {
	T(FaultNull),          T(FaultWild),    T(FaultReadOnly),
	T(FaultNotCode),       T(FaultIllegal), T(FaultDivide),
	T(FaultMisaligned),    T(FaultFloat),   T(FaultValuesVisible),
	T(FaultGoroutineEnds), T(FaultInDefer), T(FaultGoexit),
	T(FaultBlocks),        T(FaultMany),    T(FaultsEverywhere),
	T(FaultLocals),        { 0 },
};
