/* One received SSRC with its repair stream: sequence, loss, what to ask again, and whether payloads agree. */
#pragma once
#include "payload.h"
#include <stdint.h>

#define WINDOW 4096
#define MAX_MISSING 512
enum { SEQ_NEW = 1, SEQ_REPAIRED = 2, SEQ_DUPLICATE = 0, SEQ_OLD = -1 };

typedef struct {
    uint64_t index;
    uint64_t next_ns;
    int tries;
} missing;

typedef struct {
    uint32_t ssrc, rtx_ssrc;
    int payload_type, rtx_payload_type, video, nacks;
    int started, rtx_started;
    uint64_t first, highest, rtx_highest; /* indexes: ROC << 16 | sequence number */
    uint64_t seen[WINDOW / 64];
    missing missing[MAX_MISSING];
    int missing_count;
    uint64_t packets, bytes, repaired, duplicates, given_up;
    uint32_t last_report; /* the middle of its NTP time, and when it came */
    uint64_t reported_ns;
    /* the last sampled payload: from the same source, indexes and counters go on alike */
    int has_mark;
    uint32_t source;
    uint64_t mark_index, mark_counter;
    uint64_t misordered, switches;
    /* the first frame that could be decoded */
    uint32_t key_timestamp;
    int has_key;
    uint64_t first_packet_ns, first_frame_ns, asked_ns;
} stream;

/* The index a sequence number most likely has (RFC 3711 3.3.1), from the highest one so far. */
uint64_t guess_index(int started, uint64_t highest, uint16_t sequence);
/* Notes an arrived index; new gaps go to the missing list. */
int stream_take(stream *s, uint64_t index, uint64_t now_ns);
/* The window's part of an index that arrived by repair. */
int stream_repair(stream *s, uint16_t sequence, uint64_t now_ns);
/* A sampled payload: 0 when its counter does not go on as its sequence number does. */
enum { ORDER_BAD, ORDER_GOOD, ORDER_LEAP };
int stream_check(stream *s, uint64_t index, const mark *m);
/* A packet on the way to the first whole frame. */
void stream_frame(stream *s, const mark *m, uint32_t timestamp, int marker, uint64_t now_ns);
/* Sequence numbers to ask for now, at most `room`. */
int stream_due(stream *s, uint64_t now_ns, uint64_t retry_ns, uint16_t *out, int room);
