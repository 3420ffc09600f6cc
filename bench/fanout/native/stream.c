#include "stream.h"
#include <string.h>

#define MAX_TRIES 10
#define MAX_HOLE 1000

uint64_t guess_index(int started, uint64_t highest, uint16_t sequence) {
    if (!started) return (1ull << 16) | sequence; /* room below for what is late; the ROC on the wire is one less */
    return highest + (int16_t)(sequence - (uint16_t)highest);
}

static void mark_seen(stream *s, uint64_t index) { s->seen[index % WINDOW / 64] |= 1ull << (index % 64); }
static void clear_seen(stream *s, uint64_t index) { s->seen[index % WINDOW / 64] &= ~(1ull << (index % 64)); }
static int was_seen(const stream *s, uint64_t index) { return s->seen[index % WINDOW / 64] >> (index % 64) & 1; }

static void forget_missing(stream *s, uint64_t index) {
    for (int i = 0; i < s->missing_count; i++)
        if (s->missing[i].index == index) {
            s->missing[i] = s->missing[--s->missing_count];
            return;
        }
}

static void advance(stream *s, uint64_t index, uint64_t now_ns) {
    uint64_t from = s->highest + 1;
    if (index - from > WINDOW) memset(s->seen, 0, sizeof s->seen);
    for (uint64_t i = index - from > WINDOW ? index - WINDOW : from; i < index; i++) {
        clear_seen(s, i);
        if (s->nacks && index - from <= MAX_HOLE && s->missing_count < MAX_MISSING)
            s->missing[s->missing_count++] = (missing){i, now_ns, 0};
    }
    mark_seen(s, index);
    s->highest = index;
}

int stream_take(stream *s, uint64_t index, uint64_t now_ns) {
    if (!s->started) {
        s->started = 1;
        s->first = s->highest = index;
        s->first_packet_ns = now_ns;
        mark_seen(s, index);
        s->packets++;
        return SEQ_NEW;
    }
    if (index > s->highest) {
        advance(s, index, now_ns);
    } else {
        if (s->highest - index >= WINDOW || index < s->first) return SEQ_OLD;
        if (was_seen(s, index)) {
            s->duplicates++;
            return SEQ_DUPLICATE;
        }
        mark_seen(s, index);
        forget_missing(s, index);
    }
    s->packets++;
    return SEQ_NEW;
}

int stream_repair(stream *s, uint16_t sequence, uint64_t now_ns) {
    if (!s->started) return SEQ_OLD;
    uint64_t index = guess_index(1, s->highest, sequence);
    int taken = stream_take(s, index, now_ns);
    if (taken == SEQ_NEW) s->repaired++;
    return taken == SEQ_NEW ? SEQ_REPAIRED : taken;
}

int stream_check(stream *s, uint64_t index, const mark *m) {
    int order = ORDER_GOOD;
    if (s->has_mark && s->source == m->source) {
        int64_t steps = (int64_t)(index - s->mark_index), counted = (int64_t)(m->counter - s->mark_counter);
        /* a picture that was paused and goes on: numbers go on by one, what was sent meanwhile is left out */
        int leapt = steps > 0 ? counted > steps : counted < steps && steps < 0;
        order = counted == steps ? ORDER_GOOD : leapt ? ORDER_LEAP : ORDER_BAD;
    } else if (s->has_mark) {
        s->switches++;
    }
    s->has_mark = 1;
    s->source = m->source;
    s->mark_index = index;
    s->mark_counter = m->counter;
    if (order == ORDER_BAD) s->misordered++;
    return order;
}

void stream_frame(stream *s, const mark *m, uint32_t timestamp, int marker, uint64_t now_ns) {
    if (m->key || !s->video) {
        s->has_key = 1;
        s->key_timestamp = timestamp;
    }
    if (!s->first_frame_ns && s->has_key && timestamp == s->key_timestamp && (marker || !s->video))
        s->first_frame_ns = now_ns;
}

int stream_due(stream *s, uint64_t now_ns, uint64_t retry_ns, uint16_t *out, int room) {
    int count = 0;
    for (int i = 0; i < s->missing_count && count < room;) {
        missing *m = &s->missing[i];
        if (m->tries >= MAX_TRIES || s->highest - m->index >= WINDOW) {
            s->missing[i] = s->missing[--s->missing_count];
            s->given_up++;
            continue;
        }
        if (now_ns >= m->next_ns) {
            out[count++] = (uint16_t)m->index;
            m->next_ns = now_ns + retry_ns;
            m->tries++;
        }
        i++;
    }
    return count;
}
