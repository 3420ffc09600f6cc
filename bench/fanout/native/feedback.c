/* RTCP as a browser sends it: receiver reports, NACK, PLI, transport-wide feedback; and what servers ask of publishers. */
#include "bytes.h"
#include "generator.h"
#include <stdlib.h>

#define MAX_TOLD 400 /* packets per feedback message */
#define BLOCK_BYTES 24
#define KEYFRAME_EVERY_NS 500000000u
#define SYMBOLS 7    /* of two bits in one status vector chunk */

static int by_sequence(const void *a, const void *b) {
    return (int16_t)(((const arrival *)a)->sequence - ((const arrival *)b)->sequence);
}

static int64_t ticks(uint64_t ns) { return (int64_t)(ns / 250000); }

/* Statuses and deltas for one run of sequence numbers; returns how many arrivals it used. */
static int lay_out(const arrival *a, int count, uint8_t *symbols, int *symbol_count, int16_t *deltas) {
    int64_t before = ticks(a[0].at_ns) / 256 * 256;
    int used = 0;
    *symbol_count = 0;
    for (; used < count; used++) {
        int position = (uint16_t)(a[used].sequence - a[0].sequence);
        int64_t delta = ticks(a[used].at_ns) - before;
        if (position >= MAX_TOLD || delta > 32767 || delta < -32768) break;
        if (used && a[used].sequence == a[used - 1].sequence) continue;
        while (*symbol_count < position) symbols[(*symbol_count)++] = 0;
        symbols[(*symbol_count)++] = delta >= 0 && delta <= 255 ? 1 : 2;
        deltas[position] = (int16_t)delta;
        before += delta;
    }
    return used;
}

int build_transport_feedback(peer *p, uint8_t *out) {
    uint8_t symbols[MAX_TOLD + SYMBOLS] = {0};
    int16_t deltas[MAX_TOLD];
    int count, at = 20;
    if (!p->arrival_count) return 0;
    qsort(p->arrivals, p->arrival_count, sizeof(arrival), by_sequence);
    int used = lay_out(p->arrivals, p->arrival_count, symbols, &count, deltas);
    put16(out, 0x8f00 | 205);
    put32(out + 4, p->own_ssrc);
    put32(out + 8, p->stream_count ? p->streams[0]->ssrc : 0);
    put16(out + 12, p->arrivals[0].sequence);
    put16(out + 14, (uint16_t)count);
    put32(out + 16, (uint32_t)(ticks(p->arrivals[0].at_ns) / 256) << 8 | p->feedback_count++);
    for (int i = 0; i < count; i += SYMBOLS, at += 2) {
        uint16_t chunk = 0xc000;
        for (int j = 0; j < SYMBOLS; j++) chunk |= (uint16_t)(symbols[i + j] << (12 - 2 * j));
        put16(out + at, chunk);
    }
    for (int i = 0; i < count; i++) {
        if (symbols[i] == 1) out[at++] = (uint8_t)deltas[i];
        if (symbols[i] == 2) put16(out + at, (uint16_t)deltas[i]), at += 2;
    }
    while (at % 4) out[at++] = 0;
    put16(out + 2, (uint16_t)(at / 4 - 1));
    p->arrival_count -= used;
    memmove(p->arrivals, p->arrivals + used, p->arrival_count * sizeof(arrival));
    return at;
}

static void put_block(uint8_t *out, const stream *s) {
    uint64_t lost = s->highest - s->first + 1 - s->packets;
    memset(out, 0, BLOCK_BYTES);
    put32(out, s->ssrc);
    put32(out + 4, (uint32_t)(lost > 0x7fffff ? 0x7fffff : lost));
    put32(out + 8, (uint32_t)(s->highest - (1 << 16)));
    put32(out + 16, s->last_report);
    if (s->last_report) put32(out + 20, (uint32_t)((monotonic_ns() - s->reported_ns) / 1000 * 65536 / 1000000));
}

static int put_head(uint8_t *out, int kind, int count, int length, uint32_t own_ssrc) {
    out[0] = (uint8_t)(0x80 | count), out[1] = (uint8_t)kind;
    put16(out + 2, (uint16_t)(length / 4 - 1));
    put32(out + 4, own_ssrc);
    return 8;
}

/* A report on one stream: what feedback follows in a compound packet (RFC 4585 3.1); some servers know the stream by it. */
static int put_report(uint8_t *out, const peer *p, const stream *s) {
    put_head(out, 201, 1, 8 + BLOCK_BYTES, p->own_ssrc);
    put_block(out + 8, s);
    return 8 + BLOCK_BYTES;
}

static void send_report(generator *g, peer *p) {
    uint8_t packet[PACKET];
    int blocks = 0, at = 8;
    for (int i = 0; i < p->stream_count && blocks < 31; i++)
        if (p->streams[i]->started) {
            put_block(packet + at, p->streams[i]);
            at += BLOCK_BYTES, blocks++;
        }
    put_head(packet, 201, blocks, at, p->own_ssrc);
    g->totals.reports_sent++;
    peer_send_rtcp(g, p, packet, at);
}

void peer_feedback(generator *g, peer *p, uint64_t now) {
    if (now >= p->feedback_at) {
        uint8_t packet[PACKET];
        int length = build_transport_feedback(p, packet);
        p->feedback_at = now + g->feedback_ns;
        if (length) {
            g->totals.feedback_sent++;
            peer_send_rtcp(g, p, packet, length);
        }
    }
    if (now >= p->report_at && p->stream_count) {
        p->report_at = now + g->report_ns;
        send_report(g, p);
    }
}

void peer_ask_again(generator *g, peer *p, stream *s, uint64_t now) {
    uint16_t wanted[64];
    uint8_t packet[PACKET];
    int count = stream_due(s, now, g->retry_ns, wanted, 64);
    if (!count) return;
    int start = put_report(packet, p, s), at = start + 12;
    for (int i = 0; i < count;) {
        uint16_t first = wanted[i++], mask = 0;
        while (i < count && (uint16_t)(wanted[i] - first - 1) < 16) mask |= 1 << (uint16_t)(wanted[i++] - first - 1);
        put16(packet + at, first);
        put16(packet + at + 2, mask);
        at += 4;
    }
    put_head(packet + start, 205, 1, at - start, p->own_ssrc);
    put32(packet + start + 8, s->ssrc);
    g->totals.nacks_sent += count;
    peer_send_rtcp(g, p, packet, at);
}

void peer_ask_keyframe(generator *g, peer *p, stream *s, uint64_t now) {
    uint8_t packet[128];
    if (now - s->asked_ns < KEYFRAME_EVERY_NS && s->asked_ns) return;
    s->asked_ns = now;
    int start = put_report(packet, p, s);
    put_head(packet + start, 206, 1, 12, p->own_ssrc);
    put32(packet + start + 8, s->ssrc);
    g->totals.plis_sent++;
    peer_send_rtcp(g, p, packet, start + 12);
}

static publisher *publisher_of(generator *g, const peer *p, uint32_t ssrc) {
    for (int i = 0; i < g->publisher_count; i++)
        if (g->publishers[i]->peer == p && g->publishers[i]->ssrc == ssrc) return g->publishers[i];
    return NULL;
}

static int bits(uint16_t mask) { return 1 + __builtin_popcount(mask); }

static void take_nack(generator *g, const uint8_t *items, int length) {
    for (int i = 0; i + 4 <= length; i += 4) g->totals.nacks_heard += bits(get16(items + i + 2));
}

/* A browser answers with keyframes on every layer. */
static void take_keyframe_request(generator *g, peer *p, uint32_t ssrc) {
    g->totals.plis_heard++;
    if (!publisher_of(g, p, ssrc)) return;
    for (int i = 0; i < g->publisher_count; i++)
        if (g->publishers[i]->peer == p && g->publishers[i]->video) g->publishers[i]->key_wanted = 1;
}

/* RFC 3550 6.4.1: what our reports say of it lets the server know the round trip. */
static void take_sender_report(peer *p, const uint8_t *packet) {
    for (int i = 0; i < p->stream_count; i++)
        if (p->streams[i]->ssrc == get32(packet + 4)) {
            p->streams[i]->last_report = get32(packet + 10);
            p->streams[i]->reported_ns = monotonic_ns();
        }
}

void peer_take_rtcp(generator *g, peer *p, const uint8_t *packet, int length) {
    for (int at = 0, size; at + 12 <= length; at += size) {
        int kind = packet[at + 1], form = packet[at] & 31;
        size = 4 + 4 * get16(packet + at + 2);
        if (at + size > length) return;
        if (kind == 200 && size >= 28) take_sender_report(p, packet + at);
        if (kind == 205 && form == 1) take_nack(g, packet + at + 12, size - 12);
        if (kind == 206 && form == 1) take_keyframe_request(g, p, get32(packet + at + 8));
        if (kind == 206 && form == 4 && size >= 20) take_keyframe_request(g, p, get32(packet + at + 12));
    }
}
