/* Frames as a browser sends them: a burst of RTP packets with mid, rid, level and transport-wide number. */
#include "bytes.h"
#include "generator.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#define LATE_NS 50000000u
#define RTCP_NS 1000000000u
#define GSO_BYTES 60000
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

/* One packet, encrypted, at `out`; its length. */
static int build(publisher *p, uint8_t *out, int number, int count, int key, uint64_t now) {
    mark m = {p->source, p->counter++, now, number == 0, key, p->picture};
    int header = 12 + p->extension_length, size = p->size + (p->uneven && number * 2 > count);
    out[0] = p->extension_length ? 0x90 : 0x80;
    out[1] = (uint8_t)(p->payload_type | (number == count - 1 && p->video ? 0x80 : 0));
    put16(out + 2, (uint16_t)p->index);
    put32(out + 4, p->timestamp);
    put32(out + 8, p->ssrc);
    memcpy(out + 12, p->extension, p->extension_length);
    if (p->twcc_at) put16(out + 12 + p->twcc_at, p->peer->transport_number++);
    if (payload_write(out + header, size, &m, p->video)) return -1;
    p->octets += size;
    p->sent++;
    return srtp_protect(&p->peer->send, out, header, header + size, (uint32_t)((p->index++ >> 16) - 1));
}

static void send_together(generator *g, peer *p, uint8_t *data, int segment, int count) {
    int most = GSO_BYTES / segment;
    for (int at = 0; at < count; at += most) {
        int now = count - at < most ? count - at : most;
        union {
            struct cmsghdr head;
            uint8_t room[CMSG_SPACE(sizeof(uint16_t))];
        } ancillary = {0};
        struct iovec part = {data + (size_t)at * segment, (size_t)now * segment};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        if (now > 1) {
            uint16_t size = (uint16_t)segment;
            message.msg_control = &ancillary;
            message.msg_controllen = sizeof ancillary.room;
            ancillary.head = (struct cmsghdr){
                .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof size)};
            memcpy(CMSG_DATA(&ancillary.head), &size, sizeof size);
        }
        if (sendmsg(p->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) g->totals.send_failed += now;
    }
}

/* Packets of one size leave as one buffer that the kernel cuts, so that they arrive together; others one by one. */
static void send_frame(generator *g, publisher *p, int count, int key, uint64_t now) {
    static __thread uint8_t data[MAX_FRAME * PACKET];
    int at = 0, first = 0, even = !p->peer->is_tcp && !p->uneven;
    for (int i = 0; i < count; i++) {
        int length = build(p, data + at, i, count, key, now);
        if (length < 0) return;
        if (!even) peer_send(g, p->peer, data + at, length);
        if (i == 0) first = length;
        if (even) at += length;
        g->totals.sent++;
        g->totals.sent_bytes += length;
    }
    if (even) send_together(g, p->peer, data, first, count);
}

/* A sender report says which wall clock the RTP timestamp has (RFC 3550 6.4.1). */
static void send_sender_report(generator *g, publisher *p) {
    struct timespec wall;
    uint8_t packet[64] = {0x80, 200, 0, 6};
    clock_gettime(CLOCK_REALTIME, &wall);
    put32(packet + 4, p->ssrc);
    put32(packet + 8, (uint32_t)(wall.tv_sec + 2208988800u));
    put32(packet + 12, (uint32_t)(((uint64_t)wall.tv_nsec << 32) / 1000000000u));
    put32(packet + 16, p->timestamp);
    put32(packet + 20, (uint32_t)p->sent);
    put32(packet + 24, (uint32_t)p->octets);
    peer_send_rtcp(g, p->peer, packet, 28);
}

static void end_frame(generator *g, publisher *p, uint64_t now) {
    p->picture = (p->picture + 1) & 0x7fff;
    p->timestamp += p->timestamp_step;
    if (now >= p->report_at) {
        p->report_at = now + RTCP_NS;
        send_sender_report(g, p);
    }
}

static int begin_frame(publisher *p) {
    p->is_key = p->key_wanted || p->counter == 0;
    p->key_wanted = 0;
    return p->of_frame = p->is_key ? p->key_packets : p->packets;
}

/* A whole frame; the next is due an interval later. */
static void publish_burst(generator *g, publisher *p, uint64_t now) {
    int count = begin_frame(p);
    send_frame(g, p, count, p->is_key, now);
    end_frame(g, p, now);
    p->next_ns += p->interval_ns;
}

/* One packet of a frame whose packets leave one after the other, as browsers pace them. */
static void publish_spread(generator *g, publisher *p, uint64_t now) {
    uint8_t packet[PACKET];
    if (p->done == 0) {
        begin_frame(p);
        p->frame_ns = p->next_ns;
    }
    int length = build(p, packet, p->done, p->of_frame, p->is_key, now);
    if (length > 0) {
        peer_send(g, p->peer, packet, length);
        g->totals.sent++;
        g->totals.sent_bytes += length;
    }
    if (++p->done < p->of_frame) {
        p->next_ns += p->spread_ns / p->of_frame;
        return;
    }
    end_frame(g, p, now);
    p->done = 0;
    p->next_ns = p->frame_ns + p->interval_ns;
}

void publish_due(generator *g, uint64_t now) {
    for (int i = 0; i < g->publisher_count; i++) {
        publisher *p = g->publishers[i];
        while (p->playing && p->next_ns <= now) {
            (p->spread_ns ? publish_spread : publish_burst)(g, p, monotonic_ns());
            if (p->next_ns + LATE_NS < now) { /* a machine that stood still does not catch up with a burst */
                g->totals.frames_late += (now - p->next_ns) / p->interval_ns;
                p->next_ns = now;
            }
        }
    }
}

uint64_t publish_next(const generator *g) {
    uint64_t next = UINT64_MAX;
    for (int i = 0; i < g->publisher_count; i++) {
        const publisher *p = g->publishers[i];
        if (p->playing && p->next_ns < next) next = p->next_ns;
    }
    return next;
}
