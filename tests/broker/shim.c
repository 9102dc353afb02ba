/*
 * Preloaded into a process under test: lets calls on files fail as a full or broken disk does, and moves its wall clock.
 *
 * The file named by KERVAN_SHIM is read at each call, so that a test changes the weather while the process runs. A line is
 *     fail CALL ERRNO PART     calls on a path that contains PART fail (CALL: write, sync, rename, mkdir, create)
 *     clock SECONDS            CLOCK_REALTIME is so much ahead
 * Monotonic time stays, as it does when an operator or NTP sets a clock.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The control file, ended by a zero; empty where there is none. Raw system calls: the wrapped ones would come back here. */
static void weather(char *text, size_t size) {
    const char *path = getenv("KERVAN_SHIM");
    text[0] = 0;
    if (path == NULL) return;
    long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return;
    long got = syscall(SYS_read, file, text, size - 1);
    syscall(SYS_close, file);
    text[got > 0 ? got : 0] = 0;
}

/* The error that a call on a path has now, or 0. */
static int fault(const char *call, const char *path) {
    char text[1024], name[16], part[512];
    int number;
    int before = errno;
    weather(text, sizeof text);
    errno = before;
    for (char *line = text; line != NULL && *line; line = strchr(line, '\n'), line += line != NULL) {
        if (sscanf(line, "fail %15s %d %511s", name, &number, part) == 3 && strcmp(name, call) == 0 && strstr(path, part))
            return number;
    }
    return 0;
}

static int fault_of_file(const char *call, int file) {
    char link[64], path[512];
    if (getenv("KERVAN_SHIM") == NULL) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0 || path[0] != '/') return 0;
    path[length] = 0;
    return fault(call, path);
}

#define FAIL(number) do { int error = (number); if (error) { errno = error; return -1; } } while (0)

ssize_t write(int file, const void *bytes, size_t count) {
    FAIL(fault_of_file("write", file));
    return REAL(write)(file, bytes, count);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    FAIL(fault_of_file("write", file));
    return REAL(writev)(file, parts, count);
}

int fsync(int file) {
    FAIL(fault_of_file("sync", file));
    return REAL(fsync)(file);
}

int fdatasync(int file) {
    FAIL(fault_of_file("sync", file));
    return REAL(fdatasync)(file);
}

int rename(const char *from, const char *to) {
    FAIL(fault("rename", to));
    return REAL(rename)(from, to);
}

int mkdir(const char *path, mode_t mode) {
    FAIL(fault("mkdir", path));
    return REAL(mkdir)(path, mode);
}

int open64(const char *path, int flags, ...) {
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list more;
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
        if (flags & O_CREAT) FAIL(fault("create", path));
    }
    return REAL(open64)(path, flags, mode);
}

static long ahead(void) {
    char text[1024];
    long seconds = 0;
    weather(text, sizeof text);
    char *line = strstr(text, "clock ");
    if (line != NULL) sscanf(line, "clock %ld", &seconds);
    return seconds;
}

/* How much the clock was ahead when this thread looked at it last. */
static _Thread_local long seen_ahead;

int clock_gettime(clockid_t clock, struct timespec *now) {
    long done = syscall(SYS_clock_gettime, clock, now);
    if (done == 0 && clock == CLOCK_REALTIME) now->tv_sec += seen_ahead = ahead();
    return (int)done;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact) != 0) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

/*
 * The client of Kafka waits until moments of the wall clock, which it has just read: they are moved back by what it was
 * told then, so that it waits as long as it means to, even where the clock has jumped in between. It calls one of these,
 * and inside the C library neither goes through the other.
 */
int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until) {
    struct timespec moved = *until;
    moved.tv_sec -= seen_ahead;
    return REAL(cnd_timedwait)(condition, mutex, &moved);
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    struct timespec moved = *until;
    if (real == NULL) {
        /* The symbol has an old version beside the one that programs use. */
        void *found = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
        *(void **)&real = found != NULL ? found : dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    }
    moved.tv_sec -= seen_ahead;
    return real(condition, mutex, &moved);
}
