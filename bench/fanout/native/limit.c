#include "limit.h"
#include "bytes.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#define SLOT 2048
#define BATCH 32
#define MAX_GROUP 40
#define ARENA (256 * 1024)
#define MESSAGES 64
#define HEADER 20 /* 12 and the one extension a viewer gets */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

typedef struct {
    const uint8_t *payload;
    int length;
    uint8_t type;
    uint32_t timestamp;
} plain;

typedef struct {
    uint8_t arena[ARENA];
    struct mmsghdr messages[MESSAGES];
    struct iovec parts[MESSAGES];
    uint8_t ancillary[MESSAGES][CMSG_SPACE(sizeof(uint16_t))];
    int used, count, fd;
} sender;

static void flush(sender *s) {
    for (int at = 0; at < s->count;) {
        int done = sendmmsg(s->fd, s->messages + at, s->count - at, 0);
        at += done > 0 ? done : 1;
    }
    s->count = s->used = 0;
}

static void add_message(sender *s, limit_viewer *v, int start, int segment) {
    int i = s->count++, length = s->used - start;
    struct msghdr *m = &s->messages[i].msg_hdr;
    s->parts[i] = (struct iovec){s->arena + start, length};
    *m = (struct msghdr){
        .msg_name = &v->address, .msg_namelen = sizeof v->address, .msg_iov = &s->parts[i], .msg_iovlen = 1};
    if (length > segment) {
        m->msg_control = s->ancillary[i];
        m->msg_controllen = sizeof s->ancillary[i];
        struct cmsghdr *c = CMSG_FIRSTHDR(m);
        *c = (struct cmsghdr){.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(2)};
        memcpy(CMSG_DATA(c), &(uint16_t){(uint16_t)segment}, 2);
    }
}

static int seal_one(limit_viewer *v, const plain *p, uint8_t *out) {
    static const uint8_t extension[8] = {0xbe, 0xde, 0, 1, 0x31};
    uint32_t index = v->index++;
    out[0] = 0x90, out[1] = p->type;
    put16(out + 2, (uint16_t)index);
    put32(out + 4, p->timestamp);
    put32(out + 8, v->ssrc);
    memcpy(out + 12, extension, 8);
    put16(out + 17, (uint16_t)index);
    return srtp_seal(&v->send, out, HEADER, p->payload, p->length, index >> 16);
}

/* Packets of one size together; a smaller one may be the last. */
static void fan_out(sender *s, limit_viewer *viewers, int count, const plain *packets, int group) {
    for (int v = 0; v < count; v++)
        for (int i = 0; i < group;) {
            if (s->count == MESSAGES || s->used + (group - i) * SLOT > ARENA) flush(s);
            int start = s->used, segment = 0, length;
            do {
                length = seal_one(&viewers[v], &packets[i++], s->arena + s->used);
                s->used += length;
                if (!segment) segment = length;
            } while (length == segment && i < group && packets[i].length <= packets[i - 1].length);
            add_message(s, &viewers[v], start, segment);
        }
    flush(s);
}

static int read_packet(srtp *from, uint32_t ssrc, uint8_t *data, int length, plain *out) {
    if (length < HEADER || (data[1] >= 192 && data[1] <= 223) || get32(data + 8) != ssrc) return 0;
    int header = 12 + (data[0] & 0x10 ? 4 + 4 * get16(data + 14) : 0);
    static uint64_t highest = 0;
    uint64_t index = highest ? highest + (int16_t)(get16(data + 2) - (uint16_t)highest) : get16(data + 2);
    length = srtp_unprotect(from, data, header, length, (uint32_t)(index >> 16));
    if (length < 0) return 0;
    if (index > highest) highest = index;
    *out = (plain){data + header, length - header, data[1], get32(data + 4)};
    return 1;
}

int limit_address(limit_viewer *v, const char *host, int port) {
    v->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, host, &v->address.sin_addr) == 1 ? 0 : -1;
}

int limit_serve(int fd, srtp *publisher, uint32_t ssrc, limit_viewer *viewers, int count, int group) {
    sender *s = calloc(1, sizeof *s);
    uint8_t *slots = malloc((size_t)(BATCH + MAX_GROUP) * SLOT), *kept = slots + (size_t)BATCH * SLOT;
    struct mmsghdr in[BATCH];
    struct iovec parts[BATCH];
    plain packets[MAX_GROUP];
    int waiting = 0;
    s->fd = fd;
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){slots + i * SLOT, SLOT};
        in[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    for (;;) {
        poll(&(struct pollfd){fd, POLLIN, 0}, 1, -1);
        int got = recvmmsg(fd, in, BATCH, MSG_DONTWAIT, NULL);
        if (got < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED) return -errno;
        for (int i = 0; i < got; i++) {
            plain *p = &packets[waiting];
            if (!read_packet(publisher, ssrc, slots + i * SLOT, (int)in[i].msg_len, p)) continue;
            int last = p->type & 0x80;
            if (++waiting == group || last) {
                fan_out(s, viewers, count, packets, waiting);
                waiting = 0;
            }
        }
        for (int i = 0; i < waiting; i++) { /* the next read would write over what still waits */
            memmove(kept + i * SLOT, packets[i].payload, packets[i].length);
            packets[i].payload = kept + i * SLOT;
        }
    }
}
