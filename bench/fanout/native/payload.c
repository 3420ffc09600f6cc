#include "payload.h"
#include "bytes.h"

#define MAGIC 0x47424631u
#define PATTERN 8191

static uint8_t pattern[PATTERN + 2048];

__attribute__((constructor)) static void fill_pattern(void) {
    uint64_t x = 0x9e3779b97f4a7c15u;
    for (unsigned i = 0; i < sizeof pattern; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        pattern[i] = (uint8_t)(x >> 32);
    }
}

/* Every bit of the mark decides where in the pattern. */
static const uint8_t *bytes_of(const mark *m) {
    uint64_t x = m->counter * 0x9e3779b97f4a7c15u ^ m->sent_ns * 0xc2b2ae3d27d4eb4fu ^ m->source * 0x165667b19e3779f9u;
    x ^= x >> 29;
    return pattern + x * 0xd6e8feb86659fd93u % PATTERN;
}

/* RFC 7741 4.2 with X, I, L and T: 15-bit picture id, TL0PICIDX, temporal layer 0. */
static void write_descriptor(uint8_t *p, const mark *m) {
    p[0] = m->first ? 0x90 : 0x80;
    p[1] = 0xe0;
    put16(p + 2, (uint16_t)(0x8000 | m->picture));
    p[4] = (uint8_t)m->picture;
    p[5] = 0;
}

/* RFC 6386 9.1: frame tag, and for keyframes the start code and 1280x720; Opus: a TOC byte. */
static void write_frame_head(uint8_t *p, const mark *m, int video) {
    static const uint8_t key[FRAME_HEAD] = {0x10, 0x02, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02};
    static const uint8_t inter[FRAME_HEAD] = {0x11, 0x02, 0};
    static const uint8_t opus[FRAME_HEAD] = {0x78};
    memcpy(p, !video ? opus : m->key ? key : inter, FRAME_HEAD);
}

int payload_write(uint8_t *out, int length, const mark *m, int video) {
    if (video) {
        write_descriptor(out, m);
        out += DESCRIPTOR_BYTES, length -= DESCRIPTOR_BYTES;
    }
    if (length < MARK_BYTES || length > 2048) return -1;
    write_frame_head(out, m, video);
    put32(out + FRAME_HEAD, MAGIC);
    put32(out + FRAME_HEAD + 4, m->source);
    put64(out + FRAME_HEAD + 8, m->counter);
    put64(out + FRAME_HEAD + 16, m->sent_ns);
    memcpy(out + MARK_BYTES, bytes_of(m), length - MARK_BYTES);
    return 0;
}

/* How long the VP8 descriptor is; fills first and picture. -1 when it is none. */
static int read_descriptor(const uint8_t *p, int length, mark *m) {
    int at = 1;
    m->picture = -1;
    if (length < 6) return -1;
    m->first = (p[0] & 0x10) && !(p[0] & 7);
    if (!(p[0] & 0x80)) return 1;
    uint8_t extended = p[at++];
    if (extended & 0x80) {
        m->picture = p[at] & 0x80 ? get16(p + at) & 0x7fff : p[at];
        at += p[at] & 0x80 ? 2 : 1;
    }
    return at + !!(extended & 0x40) + !!(extended & 0x30);
}

int payload_read(const uint8_t *payload, int length, int video, mark *m) {
    int skip = 0;
    m->first = 1, m->key = 0, m->picture = -1;
    if (video && (skip = read_descriptor(payload, length, m)) < 0) return PAYLOAD_GARBAGE;
    payload += skip, length -= skip;
    if (length < MARK_BYTES || length > 2048 || get32(payload + FRAME_HEAD) != MAGIC) return PAYLOAD_GARBAGE;
    m->key = video && m->first && !(payload[0] & 1);
    m->source = get32(payload + FRAME_HEAD + 4);
    m->counter = get64(payload + FRAME_HEAD + 8);
    m->sent_ns = get64(payload + FRAME_HEAD + 16);
    return memcmp(payload + MARK_BYTES, bytes_of(m), length - MARK_BYTES) ? PAYLOAD_GARBAGE : PAYLOAD_GOOD;
}
