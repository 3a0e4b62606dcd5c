// syscalls.c: the system calls that newlib makes and that gzero has: the
// console as files 0, 1 and 2, memory, and time.
//
// Errors go to the caller's own errno. newlib's _write_r and its like look at
// a global errno besides; nothing ever stores there, so nothing races.
//
// Input is what kernel/console.c gives: no echo, no editing, whatever has come.
#include <arch.h>
#include <config.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#include "../kernel/hooks.h"
#include "libc.h"

int *__errno(void);

static int
fail(int error)
{
	errno = error;
	return -1;
}

static bool
isconsole(int fd)
{
	return fd >= 0 && fd <= 2;
}

// ---- Files ------------------------------------------------------------------

ssize_t _write(int fd, const void *buf, size_t n);
ssize_t write(int fd, const void *buf, size_t n) ALIAS(write);
ssize_t _read(int fd, void *buf, size_t n);
ssize_t read(int fd, void *buf, size_t n) ALIAS(read);
int _close(int fd);
int close(int fd) ALIAS(close);
int _isatty(int fd);
int isatty(int fd) ALIAS(isatty);
int _fstat(int fd, struct stat *st);
int fstat(int fd, struct stat *st) ALIAS(fstat);
off_t _lseek(int fd, off_t offset, int whence);
off_t lseek(int fd, off_t offset, int whence) ALIAS(lseek);

ssize_t
_write(int fd, const void *buf, size_t n)
{
	if (!isconsole(fd) || fd == 0)
		return fail(EBADF);
	consolewrite(buf, n);
	return (ssize_t)n;
}

// Goroutines that read at once get a line each, in the order of their calls.
ssize_t
_read(int fd, void *buf, size_t n)
{
	if (fd != 0)
		return fail(EBADF);
	return n == 0 ? 0 : (ssize_t)consoleread(buf, n);
}

int
_close(int fd)
{
	return isconsole(fd) ? 0 : fail(EBADF);
}

int
_isatty(int fd)
{
	if (isconsole(fd))
		return 1;
	fail(ENOTTY);
	return 0;
}

int
_fstat(int fd, struct stat *st)
{
	if (!isconsole(fd))
		return fail(EBADF);
	memset(st, 0, sizeof *st);
	st->st_mode = S_IFCHR;
	return 0;
}

off_t
_lseek(int fd, off_t offset, int whence)
{
	(void)offset;
	(void)whence;
	return fail(isconsole(fd) ? ESPIPE : EBADF);
}

// ---- Memory -----------------------------------------------------------------

void *_sbrk(ptrdiff_t incr);
void *sbrk(ptrdiff_t incr) ALIAS(sbrk);

// fits tells whether the heap [lo, old) may change by incr bytes.
static bool
fits(uintptr_t lo, uintptr_t old, uintptr_t hi, ptrdiff_t incr)
{
	if (incr < 0)
		return (uintptr_t) - (incr + 1) < old - lo;
	return old <= hi && (uintptr_t)incr <= hi - old;
}

void *
_sbrk(ptrdiff_t incr)
{
	static _Atomic(uintptr_t) end; // of the heap; 0 before the first call
	uintptr_t lo, hi, seen = atomic_load(&end), old;

	arch_ram(&lo, &hi);
	lo = (lo + 15) & ~(uintptr_t)15;
	do {
		old = seen ? seen : lo;
		if (!fits(lo, old, hi, incr)) {
			fail(ENOMEM);
			return (void *)-1;
		}
	} while (!atomic_compare_exchange_weak(&end, &seen,
					       old + (uintptr_t)incr));
	return (void *)old;
}

// ---- Time -------------------------------------------------------------------
// There is no calendar: the epoch is the moment of boot.

int _gettimeofday(struct timeval *tv, void *zone);
int gettimeofday(struct timeval *__restrict tv, void *__restrict zone)
	ALIAS(gettimeofday);
clock_t _times(struct tms *t);
clock_t times(struct tms *t) ALIAS(times);
int nanosleep(const struct timespec *d, struct timespec *left);

int
_gettimeofday(struct timeval *tv, void *zone)
{
	int64_t now = time_now();

	(void)zone;
	tv->tv_sec = (time_t)(now / SECOND);
	tv->tv_usec = (suseconds_t)(now % SECOND / MICROSECOND);
	return 0;
}

// _times, which clock() is made of, counts all time as the program's.
clock_t
_times(struct tms *t)
{
	clock_t now = (clock_t)(time_now() / (SECOND / CLOCKS_PER_SEC));

	*t = (struct tms){ .tms_utime = now };
	return now;
}

// nanosleep, and through it newlib's sleep and usleep, pause one goroutine.
__attribute__((weak)) int
nanosleep(const struct timespec *d, struct timespec *left)
{
	if (d->tv_sec < 0 || d->tv_nsec < 0 || d->tv_nsec >= SECOND)
		return fail(EINVAL);
	time_sleep((int64_t)d->tv_sec * SECOND + d->tv_nsec);
	if (left)
		*left = (struct timespec){ .tv_sec = 0 };
	return 0;
}
