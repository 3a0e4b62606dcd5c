// hook.h is included before everything else that runs on the simulated machine.
// It makes each atomic access a point at which another hart may go on or an
// interrupt may come, and moves the names that the host's libc has as well.
#ifndef SIM_HOOK_H
#define SIM_HOOK_H

#define ATOMIC_BUILTINS 1

void sim_point(void);

#define __atomic_load_n(p, o) (sim_point(), __atomic_load_n(p, o))
#define __atomic_store_n(p, v, o) (sim_point(), __atomic_store_n(p, v, o))
#define __atomic_add_fetch(p, v, o) (sim_point(), __atomic_add_fetch(p, v, o))
#define __atomic_exchange_n(p, v, o) (sim_point(), __atomic_exchange_n(p, v, o))
#define __atomic_compare_exchange_n(p, e, v, w, s, f) \
	(sim_point(), __atomic_compare_exchange_n(p, e, v, w, s, f))

// ThreadSanitizer does not know fences. A read-modify-write of one word that all
// have in common orders at least as much for it.
#ifdef SIM_TSAN
extern int sim_fence;
#define __atomic_thread_fence(o) \
	((void)__extension__(__atomic_fetch_add)(&sim_fence, 1, \
						 __ATOMIC_SEQ_CST))
#endif

// The program's and the kernel's; what is the host's keeps its name.
#ifndef SIM_MAIN
#define SIM_MAIN app_main
#endif
#define main SIM_MAIN
#define exit sim_exit
#define _Exit sim_exit_
#define abort sim_abort

// The device of the tests (tests/target/device.h): fires once, at a virtual time.
#define DEVICE_H
enum { DEV_IRQ = 2, DEV_LATE = 0, DEV_EDGE = 0 };
void devstart(long ns);
void devquiet(void);

#endif
