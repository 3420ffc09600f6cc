/* The load generator: publishers and viewers of one room behind one epoll loop. Handshakes are done before, elsewhere;
   what is neither RTP nor RTCP goes up through a ring. The loop holds `lock` while it works; so does every other call. */
#pragma once
#include "srtp.h"
#include "stream.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define PACKET 2048
#define MAX_STREAMS 64
#define MAX_ARRIVALS 1024
#define DELAY_BIN_NS 10000
#define DELAY_BINS 300000
#define CONTROL_SLOTS 2048
#define MAX_FRAME 64

/* Everything counted since the last reset. */
typedef struct {
    uint64_t sent, sent_bytes, frames_late, send_failed; /* by publishers */
    uint64_t plis_heard, nacks_heard;
    uint64_t received, bytes, repaired, duplicates, old, dropped_here, repairs_dropped_here, repair_packets; /* by viewers */
    uint64_t sampled, garbage, misordered, left_out, not_authentic, unexpected, malformed;
    uint64_t nacks_sent, plis_sent, reports_sent, feedback_sent, control_lost;
} totals;

typedef struct {
    uint16_t sequence;
    uint64_t at_ns;
} arrival;

typedef struct {
    int fd, is_tcp, closed;
    srtp receive, send;
    uint32_t own_ssrc;
    int twcc_id, loss_permille;
    stream *streams[MAX_STREAMS];
    int stream_count;
    uint64_t random;
    /* transport-wide feedback and reports */
    arrival arrivals[MAX_ARRIVALS];
    int arrival_count;
    uint8_t feedback_count;
    uint16_t transport_number;
    uint64_t feedback_at, report_at;
    /* TCP: what is not yet a whole frame, in and out */
    uint8_t *in, *out;
    int in_length, out_length;
} peer;

typedef struct {
    peer *peer;
    uint32_t source, ssrc, timestamp, timestamp_step;
    int payload_type, video, playing, key_wanted, twcc_at;
    int packets, key_packets, size, uneven;
    int of_frame, done, is_key; /* the frame under way, when its packets are spread */
    uint64_t spread_ns, frame_ns;
    uint64_t index, counter, interval_ns, next_ns, report_at, sent, octets;
    uint16_t picture;
    uint8_t extension[32];
    int extension_length;
} publisher;

typedef struct {
    int peer, length;
    uint8_t data[PACKET];
} control;

typedef struct {
    pthread_mutex_t lock;
    atomic_int stopping, waiting; /* waiting: calls that want the lock */
    int epoll, wake, told; /* wake: eventfd towards Python */
    peer **peers;
    int peer_count, peer_room;
    publisher **publishers;
    int publisher_count;
    int sample_every;
    uint64_t feedback_ns, report_ns, retry_ns;
    uint64_t clock_offset_ns, offset_at, tick_at;
    totals totals;
    uint32_t *delays;
    uint64_t delay_count, delay_over;
    control *control;
    uint64_t control_head, control_tail;
    uint8_t *buffers; /* of one recvmmsg */
} generator;

uint64_t monotonic_ns(void);

/* generator.c */
generator *generator_new(int sample_every, uint64_t feedback_ns);
void generator_free(generator *g);
void generator_run(generator *g);
void generator_lock(generator *g);
void generator_unlock(generator *g);
int generator_add_peer(generator *g, int fd, int is_tcp, uint64_t seed);
stream *generator_add_stream(generator *g, int number);
int generator_add_publisher(generator *g, int number);
void generator_listen(generator *g, int number);
void generator_stop(generator *g);
void generator_reset(generator *g);
const uint64_t *totals_of(generator *g);
void note_arrival(peer *p, uint16_t sequence, uint64_t at_ns);
int generator_percentiles(generator *g, const double *shares, double *out_ms, int count);

/* receive.c */
void peer_readable(generator *g, int number, uint64_t now);
void peer_take(generator *g, int number, uint8_t *packet, int length, uint64_t arrived, uint64_t now);
void peer_send(generator *g, peer *p, const uint8_t *packet, int length);
void peer_send_rtcp(generator *g, peer *p, uint8_t *packet, int length);
void peer_flush(peer *p); /* what TCP did not take yet */

/* feedback.c */
void peer_feedback(generator *g, peer *p, uint64_t now);
void peer_ask_again(generator *g, peer *p, stream *s, uint64_t now);
void peer_ask_keyframe(generator *g, peer *p, stream *s, uint64_t now);
void peer_take_rtcp(generator *g, peer *p, const uint8_t *packet, int length);
/* Transport-wide feedback on arrivals in `a`; its length, 0 when there is nothing to tell. Empties what it told. */
int build_transport_feedback(peer *p, uint8_t *out);

/* publish.c */
void publish_due(generator *g, uint64_t now);
uint64_t publish_next(const generator *g);
