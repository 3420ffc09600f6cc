"""The part of Linux that the loop talks to: batches of datagrams with control messages, epoll, eventfd, clocks."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "<errno.h>" nogil:
    int errno
    int EAGAIN
    int EWOULDBLOCK
    int EINTR
    int EIO
    int EINVAL
    int ENOBUFS
    int EMSGSIZE

cdef extern from "<sys/uio.h>" nogil:
    cdef struct iovec:
        void *iov_base
        size_t iov_len

cdef extern from "<sys/socket.h>" nogil:
    ctypedef unsigned int socklen_t
    cdef struct sockaddr:
        uint16_t sa_family
    cdef struct msghdr:
        void *msg_name
        socklen_t msg_namelen
        iovec *msg_iov
        size_t msg_iovlen
        void *msg_control
        size_t msg_controllen
        int msg_flags
    cdef struct mmsghdr:
        msghdr msg_hdr
        unsigned int msg_len
    cdef struct cmsghdr:
        size_t cmsg_len
        int cmsg_level
        int cmsg_type
    cmsghdr *CMSG_FIRSTHDR(msghdr *message) noexcept
    cmsghdr *CMSG_NXTHDR(msghdr *message, cmsghdr *control) noexcept
    uint8_t *CMSG_DATA(cmsghdr *control) noexcept
    size_t CMSG_SPACE(size_t size) noexcept
    size_t CMSG_LEN(size_t size) noexcept
    int recvmmsg(int fd, mmsghdr *messages, unsigned int count, int flags, void *timeout) noexcept
    int sendmmsg(int fd, mmsghdr *messages, unsigned int count, int flags) noexcept
    ssize_t sendmsg(int fd, const msghdr *message, int flags) noexcept
    ssize_t send(int fd, const void *data, size_t size, int flags) noexcept
    ssize_t recv(int fd, void *data, size_t size, int flags) noexcept
    int shutdown(int fd, int how) noexcept
    int AF_INET
    int AF_INET6
    int MSG_DONTWAIT
    int MSG_NOSIGNAL
    int MSG_TRUNC
    int SOL_SOCKET
    int SCM_TIMESTAMPNS
    int SHUT_RDWR

cdef extern from "<netinet/in.h>" nogil:
    cdef struct in_addr:
        uint32_t s_addr
    cdef struct sockaddr_in:
        uint16_t sin_family
        uint16_t sin_port
        in_addr sin_addr
    cdef struct in6_addr:
        uint8_t s6_addr[16]
    cdef struct sockaddr_in6:
        uint16_t sin6_family
        uint16_t sin6_port
        uint32_t sin6_flowinfo
        in6_addr sin6_addr
        uint32_t sin6_scope_id
    cdef struct in_pktinfo:
        int ipi_ifindex
        in_addr ipi_spec_dst
        in_addr ipi_addr
    cdef struct in6_pktinfo:
        in6_addr ipi6_addr
        unsigned int ipi6_ifindex
    int IPPROTO_IP
    int IPPROTO_IPV6
    int IP_PKTINFO
    int IPV6_PKTINFO
    uint16_t htons(uint16_t value) noexcept
    uint16_t ntohs(uint16_t value) noexcept

cdef extern from "<netinet/udp.h>" nogil:
    int SOL_UDP
    int UDP_SEGMENT

cdef extern from "<sys/epoll.h>" nogil:
    ctypedef union epoll_data_t:
        void *ptr
        int fd
        uint64_t u64
    cdef struct epoll_event:
        uint32_t events
        epoll_data_t data
    int epoll_create1(int flags) noexcept
    int epoll_ctl(int epoll, int what, int fd, epoll_event *event) noexcept
    int epoll_wait(int epoll, epoll_event *events, int count, int timeout_ms) noexcept
    int EPOLL_CLOEXEC
    int EPOLL_CTL_ADD
    int EPOLL_CTL_MOD
    int EPOLL_CTL_DEL
    int EPOLLIN
    int EPOLLOUT
    int EPOLLHUP
    int EPOLLERR

cdef extern from "<sys/eventfd.h>" nogil:
    int eventfd(unsigned int value, int flags) noexcept
    int EFD_NONBLOCK
    int EFD_CLOEXEC

cdef extern from "<poll.h>" nogil:
    cdef struct pollfd:
        int fd
        short events
        short revents
    int poll(pollfd *descriptors, unsigned long count, int timeout_ms) noexcept
    int POLLOUT

cdef extern from "<unistd.h>" nogil:
    ssize_t read(int fd, void *data, size_t size) noexcept
    ssize_t write(int fd, const void *data, size_t size) noexcept
    int close(int fd) noexcept
    int usleep(unsigned int microseconds) noexcept

cdef extern from "<time.h>" nogil:
    cdef struct timespec:
        long tv_sec
        long tv_nsec
    int clock_gettime(int clock, timespec *time) noexcept
    int CLOCK_MONOTONIC
    int CLOCK_REALTIME
    int CLOCK_THREAD_CPUTIME_ID


cdef inline double monotonic() noexcept nogil:
    """As Python's ``time.monotonic``."""
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec + now.tv_nsec * 1e-9


cdef inline int64_t nanoseconds(int clock) noexcept nogil:
    cdef timespec now
    clock_gettime(clock, &now)
    return <int64_t>now.tv_sec * 1000000000 + now.tv_nsec
