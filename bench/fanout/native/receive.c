/* What a viewer does with a datagram: authentic, in sequence, of our making, in time; and TCP framing (RFC 4571). */
#include "bytes.h"
#include "generator.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 8
#define GIVE_UP_NS 1000000000u /* on a first keyframe that did not become whole */
#define SLOT 65536
#define TCP_ROOM (1 << 18)
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

static uint32_t next_random(peer *p) {
    p->random = p->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(p->random >> 33);
}

static int header_length(const uint8_t *packet, int length) {
    int at = 12 + 4 * (packet[0] & 15);
    if (packet[0] & 0x10) {
        if (length < at + 4) return -1;
        at += 4 + 4 * get16(packet + at + 2);
    }
    return at <= length ? at : -1;
}

/* The transport-wide number in a one-byte header extension, or -1. */
static int transport_number(const uint8_t *packet, int header, int id) {
    int at = 12 + 4 * (packet[0] & 15);
    if (!id || !(packet[0] & 0x10) || get16(packet + at) != 0xbede) return -1;
    for (at += 4; at < header;) {
        int number = packet[at] >> 4, size = (packet[at] & 15) + 1;
        if (packet[at] == 0) {
            at++;
            continue;
        }
        if (number == id && size == 2 && at + 3 <= header) return get16(packet + at + 1);
        at += 1 + size;
    }
    return -1;
}

static void note_order(generator *g, int order) {
    if (order == ORDER_BAD) g->totals.misordered++;
    if (order == ORDER_LEAP) g->totals.left_out++;
}

static void note_delay(generator *g, uint64_t sent, uint64_t arrived) {
    uint64_t bin = arrived > sent ? (arrived - sent) / DELAY_BIN_NS : 0;
    g->delay_count++;
    if (bin < DELAY_BINS)
        g->delays[bin]++;
    else
        g->delay_over++;
}

static int without_padding(const uint8_t *packet, int header, int length) {
    if (!(packet[0] & 0x20)) return length;
    return packet[length - 1] && header + packet[length - 1] <= length ? length - packet[length - 1] : -1;
}

/* Decrypts and compares; the stream's picture of its first frame goes on. */
static void check_payload(generator *g, peer *p, stream *s, uint8_t *packet, int header, int length, uint64_t index,
                          uint64_t arrived) {
    mark m;
    g->totals.sampled++;
    length = srtp_unprotect(&p->receive, packet, header, length, (uint32_t)((index >> 16) - 1));
    if (length < 0) {
        g->totals.not_authentic++;
        return;
    }
    int end = without_padding(packet, header, length);
    if (end == header) return; /* a probe of nothing but padding */
    if (end < 0 || payload_read(packet + header, end - header, s->video, &m)) {
        g->totals.garbage++;
        return;
    }
    note_order(g, stream_check(s, index, &m));
    note_delay(g, m.sent_ns, arrived);
    if (!s->first_frame_ns) stream_frame(s, &m, get32(packet + 4), packet[1] >> 7, arrived);
}

static void take_media(generator *g, peer *p, stream *s, uint8_t *packet, int header, int length, uint64_t arrived,
                       uint64_t now) {
    uint64_t index = guess_index(s->started, s->highest, get16(packet + 2));
    switch (stream_take(s, index, arrived)) {
    case SEQ_DUPLICATE: g->totals.duplicates++; return;
    case SEQ_OLD: g->totals.old++; return;
    }
    g->totals.received++;
    g->totals.bytes += length;
    s->bytes += length;
    if (!s->first_frame_ns || g->sample_every <= 1 || next_random(p) % g->sample_every == 0)
        check_payload(g, p, s, packet, header, length, index, arrived);
    if (s->missing_count) peer_ask_again(g, p, s, now);
    if (s->video && !s->first_frame_ns && (!s->has_key || now > s->first_packet_ns + GIVE_UP_NS))
        peer_ask_keyframe(g, p, s, now);
}

/* RFC 4588: the original's sequence number stands before its payload. */
static void take_repair(generator *g, peer *p, stream *s, uint8_t *packet, int header, int length, uint64_t now) {
    mark m;
    uint64_t index = guess_index(s->rtx_started, s->rtx_highest, get16(packet + 2));
    g->totals.repair_packets++;
    g->totals.sampled++;
    length = srtp_unprotect(&p->receive, packet, header, length, (uint32_t)((index >> 16) - 1));
    if (length < 0) {
        g->totals.not_authentic++;
        return;
    }
    if (!s->rtx_started || index > s->rtx_highest) s->rtx_highest = index;
    s->rtx_started = 1;
    int end = without_padding(packet, header, length);
    if (end < header + 2) return;
    if (payload_read(packet + header + 2, end - header - 2, s->video, &m)) {
        g->totals.garbage++;
        return;
    }
    if (stream_repair(s, get16(packet + header), now) == SEQ_REPAIRED) {
        g->totals.repaired++;
        g->totals.received++;
        g->totals.bytes += length;
        note_order(g, stream_check(s, guess_index(1, s->highest, get16(packet + header)), &m));
        if (!s->first_frame_ns) stream_frame(s, &m, get32(packet + 4), packet[1] >> 7, now);
    } else {
        g->totals.duplicates++;
    }
}

static void take_rtp(generator *g, peer *p, uint8_t *packet, int length, uint64_t arrived, uint64_t now) {
    int header = header_length(packet, length);
    uint32_t ssrc = get32(packet + 8);
    if (header < 0 || packet[0] >> 6 != 2) {
        g->totals.malformed++;
        return;
    }
    int dropped = p->loss_permille && (int)(next_random(p) % 1000) < p->loss_permille;
    if (!dropped && p->twcc_id) {
        int number = transport_number(packet, header, p->twcc_id);
        if (number >= 0) note_arrival(p, (uint16_t)number, arrived);
    }
    for (int i = 0; i < p->stream_count; i++) {
        stream *s = p->streams[i];
        if (s->ssrc == ssrc) {
            if (dropped)
                g->totals.dropped_here++;
            else
                take_media(g, p, s, packet, header, length, arrived, now);
            return;
        }
        if (s->rtx_ssrc == ssrc && ssrc) {
            if (dropped)
                g->totals.repairs_dropped_here++;
            else
                take_repair(g, p, s, packet, header, length, now);
            return;
        }
    }
    g->totals.unexpected++;
}

static void hand_up(generator *g, int number, const uint8_t *packet, int length) {
    if (g->control_head - g->control_tail >= CONTROL_SLOTS) {
        g->totals.control_lost++;
        return;
    }
    control *slot = &g->control[g->control_head++ % CONTROL_SLOTS];
    slot->peer = number;
    slot->length = length;
    memcpy(slot->data, packet, length);
    if (!g->told) {
        uint64_t one = 1;
        g->told = write(g->wake, &one, 8) == 8;
    }
}

void peer_take(generator *g, int number, uint8_t *packet, int length, uint64_t arrived, uint64_t now) {
    peer *p = g->peers[number];
    if (length < 12 || length > PACKET - SRTP_MAX_TRAILER) {
        g->totals.malformed++;
    } else if (packet[0] < 128) {
        hand_up(g, number, packet, length);
    } else if (packet[1] >= 192 && packet[1] <= 223) {
        length = srtcp_unprotect(&p->receive, packet, length);
        if (length < 0)
            g->totals.not_authentic++;
        else
            peer_take_rtcp(g, p, packet, length);
    } else {
        take_rtp(g, p, packet, length, arrived, now);
    }
}

/* The segment size of a datagram that the kernel left together, and when it arrived. */
static void read_ancillary(generator *g, struct msghdr *message, int *segment, uint64_t *arrived) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) memcpy(segment, CMSG_DATA(c), sizeof(int));
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(c), sizeof at);
            *arrived = (uint64_t)at.tv_sec * 1000000000u + at.tv_nsec - g->clock_offset_ns;
        }
    }
}

static int read_udp(generator *g, int number, uint64_t now) {
    static __thread uint8_t ancillary[BATCH][128];
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){g->buffers + i * SLOT, SLOT};
        messages[i].msg_hdr = (struct msghdr){
            .msg_iov = &parts[i], .msg_iovlen = 1, .msg_control = ancillary[i], .msg_controllen = sizeof ancillary[i]};
    }
    int count = recvmmsg(g->peers[number]->fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        int length = (int)messages[i].msg_len, segment = length;
        uint64_t arrived = now;
        read_ancillary(g, &messages[i].msg_hdr, &segment, &arrived);
        if (segment <= 0) segment = length;
        for (int at = 0; at < length; at += segment)
            peer_take(g, number, g->buffers + i * SLOT + at, length - at < segment ? length - at : segment, arrived, now);
    }
    return count;
}

static void read_tcp(generator *g, int number, uint64_t now) {
    peer *p = g->peers[number];
    int got = (int)recv(p->fd, p->in + p->in_length, TCP_ROOM - p->in_length, MSG_DONTWAIT), at = 0;
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        p->closed = 1;
        return;
    }
    if (got > 0) p->in_length += got;
    while (p->in_length - at >= 2 && p->in_length - at - 2 >= get16(p->in + at)) {
        uint8_t packet[PACKET]; /* a trailer must not run over the next frame */
        int length = get16(p->in + at);
        if (length <= PACKET) {
            memcpy(packet, p->in + at + 2, length);
            peer_take(g, number, packet, length, now, now);
        }
        at += 2 + length;
    }
    memmove(p->in, p->in + at, p->in_length - at);
    p->in_length -= at;
}

void peer_readable(generator *g, int number, uint64_t now) {
    if (g->peers[number]->is_tcp)
        read_tcp(g, number, now);
    else
        while (read_udp(g, number, now) == BATCH) {}
}

void peer_flush(peer *p) {
    int done = p->out_length ? (int)send(p->fd, p->out, p->out_length, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    if (done <= 0) return;
    p->out_length -= done;
    memmove(p->out, p->out + done, p->out_length);
}

void peer_send(generator *g, peer *p, const uint8_t *packet, int length) {
    if (!p->is_tcp) {
        if (send(p->fd, packet, length, MSG_DONTWAIT | MSG_NOSIGNAL) != length) g->totals.send_failed++;
        return;
    }
    if (p->out_length + length + 2 > TCP_ROOM) {
        g->totals.send_failed++;
        return;
    }
    put16(p->out + p->out_length, (uint16_t)length);
    memcpy(p->out + p->out_length + 2, packet, length);
    p->out_length += length + 2;
    peer_flush(p);
}

void peer_send_rtcp(generator *g, peer *p, uint8_t *packet, int length) {
    length = srtcp_protect(&p->send, packet, length);
    if (length > 0) peer_send(g, p, packet, length);
}
