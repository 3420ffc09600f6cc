/* A kernel whose send buffer is full, on demand: preloaded, it refuses the next calls of sendmmsg with an error. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/socket.h>

static atomic_int refusals, error;

void refuse(int with, int calls) {
    error = with;
    refusals = calls;
}

int refusals_left(void) { return refusals; }

int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags) {
    static int (*real)(int, struct mmsghdr *, unsigned int, int);
    if (refusals > 0) {
        refusals--;
        errno = error;
        return -1;
    }
    if (!real)
        real = (int (*)(int, struct mmsghdr *, unsigned int, int))dlsym(RTLD_NEXT, "sendmmsg");
    return real(fd, messages, count, flags);
}
