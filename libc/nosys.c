// nosys.c: the system calls that newlib makes and that gzero has not. There are
// no files besides the console and no processes: each fails with the errno that
// says so. They exist so that a program which calls fopen or system links, and
// is told at run time as on any system that lacks the thing.
//
// kill is the exception: a signal that nobody catches ends a program anywhere,
// and so it does here.
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#include "../kernel/hooks.h"
#include "libc.h"

int *__errno(void);

static int
fail(int error)
{
	errno = error;
	return -1;
}

int _open(const char *path, int flags, ...);
int open(const char *path, int flags, ...) ALIAS(open);
int _stat(const char *__restrict path, struct stat *__restrict st);
int stat(const char *__restrict path, struct stat *__restrict st) ALIAS(stat);
int _unlink(const char *path);
int unlink(const char *path) ALIAS(unlink);
int _link(const char *from, const char *to);
int link(const char *from, const char *to) ALIAS(link);
int _rename(const char *from, const char *to);
int _mkdir(const char *path, mode_t mode);
int mkdir(const char *path, mode_t mode) ALIAS(mkdir);
int _fcntl(int fd, int cmd, ...);
int fcntl(int fd, int cmd, ...) ALIAS(fcntl);
int _fork(void);
int fork(void) ALIAS(fork);
int _execve(const char *path, char *const argv[], char *const envp[]);
int execve(const char *path, char *const argv[], char *const envp[])
	ALIAS(execve);
int _wait(int *status);
int wait(int *status) ALIAS(wait);
int _getpid(void);
int getpid(void) ALIAS(getpid);
int _kill(int pid, int sig);
int kill(int pid, int sig) ALIAS(kill);
int getentropy(void *buf, size_t n);

int
_open(const char *path, int flags, ...)
{
	(void)path;
	(void)flags;
	return fail(ENOENT);
}

int
_stat(const char *__restrict path, struct stat *__restrict st)
{
	(void)path;
	(void)st;
	return fail(ENOENT);
}

int
_unlink(const char *path)
{
	(void)path;
	return fail(ENOENT);
}

int
_link(const char *from, const char *to)
{
	(void)from;
	(void)to;
	return fail(ENOENT);
}

int
_rename(const char *from, const char *to)
{
	(void)from;
	(void)to;
	return fail(ENOENT);
}

int
_mkdir(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	return fail(ENOENT);
}

int
_fcntl(int fd, int cmd, ...)
{
	(void)fd;
	(void)cmd;
	return fail(ENOSYS);
}

int
_fork(void)
{
	return fail(ENOSYS);
}

int
_execve(const char *path, char *const argv[], char *const envp[])
{
	(void)path;
	(void)argv;
	(void)envp;
	return fail(ENOENT);
}

int
_wait(int *status)
{
	(void)status;
	return fail(ECHILD);
}

// getentropy, for arc4random: there is no source that would deserve the name.
__attribute__((weak)) int
getentropy(void *buf, size_t n)
{
	(void)buf;
	(void)n;
	return fail(ENOSYS);
}

int
_getpid(void)
{
	return 1;
}

// _kill, which raise() comes down to: whoever is not 1 does not exist, signal 0
// only asks, SIGABRT is abort's.
int
_kill(int pid, int sig)
{
	if (pid != 1 && pid != 0 && pid != -1)
		return fail(ESRCH);
	if (sig == 0)
		return 0;
	if (sig == SIGABRT)
		fatal("abort() called");
	fatal("signal %d raised, and nobody catches it", sig);
}
