/* The loop, and the tables behind it. */
#include "generator.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 32
#define TICK_NS 5000000u
#define GIVE_WAY_NS 50000
#define REPORT_NS 1000000000u
#define RETRY_NS 40000000u
#define BUFFERS (8 * 65536)
#define TCP_ROOM (1 << 18)
#define SOCKET_BUFFER (4 << 20)
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

static uint64_t clock_ns(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return (uint64_t)at.tv_sec * 1000000000u + at.tv_nsec;
}

uint64_t monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

generator *generator_new(int sample_every, uint64_t feedback_ns) {
    generator *g = calloc(1, sizeof *g);
    pthread_mutex_init(&g->lock, NULL);
    g->sample_every = sample_every;
    g->feedback_ns = feedback_ns, g->report_ns = REPORT_NS, g->retry_ns = RETRY_NS;
    g->epoll = epoll_create1(EPOLL_CLOEXEC);
    g->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    g->delays = calloc(DELAY_BINS, sizeof *g->delays);
    g->control = calloc(CONTROL_SLOTS, sizeof *g->control);
    g->buffers = malloc(BUFFERS);
    return g;
}

static void free_peer(peer *p) {
    for (int i = 0; i < p->stream_count; i++) free(p->streams[i]);
    srtp_free(&p->receive);
    srtp_free(&p->send);
    free(p->in);
    free(p->out);
    free(p);
}

void generator_free(generator *g) {
    for (int i = 0; i < g->peer_count; i++) free_peer(g->peers[i]);
    for (int i = 0; i < g->publisher_count; i++) free(g->publishers[i]);
    close(g->epoll);
    close(g->wake);
    free(g->peers);
    free(g->publishers);
    free(g->delays);
    free(g->control);
    free(g->buffers);
    free(g);
}

static void prepare_socket(int fd, int is_tcp) {
    int on = 1, size = SOCKET_BUFFER;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    if (is_tcp) return;
    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

int generator_add_peer(generator *g, int fd, int is_tcp, uint64_t seed) {
    if (g->peer_count == g->peer_room) {
        g->peer_room = g->peer_room ? 2 * g->peer_room : 64;
        g->peers = realloc(g->peers, g->peer_room * sizeof *g->peers);
    }
    peer *p = calloc(1, sizeof *p);
    p->fd = fd, p->is_tcp = is_tcp;
    p->random = seed;
    p->own_ssrc = (uint32_t)(seed * 2654435761u) | 1;
    p->report_at = monotonic_ns() + seed % REPORT_NS; /* not everybody at once */
    p->feedback_at = monotonic_ns() + seed % g->feedback_ns;
    p->transport_number = (uint16_t)seed;
    if (is_tcp) p->in = malloc(TCP_ROOM), p->out = malloc(TCP_ROOM);
    prepare_socket(fd, is_tcp);
    g->peers[g->peer_count] = p;
    return g->peer_count++;
}

stream *generator_add_stream(generator *g, int number) {
    peer *p = g->peers[number];
    if (p->stream_count == MAX_STREAMS) return NULL;
    return p->streams[p->stream_count++] = calloc(1, sizeof(stream));
}

int generator_add_publisher(generator *g, int number) {
    g->publishers = realloc(g->publishers, (g->publisher_count + 1) * sizeof *g->publishers);
    publisher *p = g->publishers[g->publisher_count] = calloc(1, sizeof(publisher));
    p->peer = g->peers[number];
    p->index = 1 << 16; /* the ROC on the wire is one less, as for what is received */
    return g->publisher_count++;
}

void generator_listen(generator *g, int number) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)number};
    epoll_ctl(g->epoll, EPOLL_CTL_ADD, g->peers[number]->fd, &event);
}

void generator_stop(generator *g) { atomic_store(&g->stopping, 1); }

const uint64_t *totals_of(generator *g) { return (const uint64_t *)&g->totals; }

void note_arrival(peer *p, uint16_t sequence, uint64_t at_ns) {
    if (p->arrival_count < MAX_ARRIVALS) p->arrivals[p->arrival_count++] = (arrival){sequence, at_ns};
}

void generator_reset(generator *g) {
    memset(&g->totals, 0, sizeof g->totals);
    memset(g->delays, 0, DELAY_BINS * sizeof *g->delays);
    g->delay_count = g->delay_over = 0;
}

int generator_percentiles(generator *g, const double *shares, double *out_ms, int count) {
    for (int i = 0; i < count; i++) {
        uint64_t wanted = (uint64_t)(shares[i] * g->delay_count), sum = 0;
        int bin = 0;
        while (bin < DELAY_BINS - 1 && (sum += g->delays[bin]) <= wanted) bin++;
        out_ms[i] = (bin + 0.5) * DELAY_BIN_NS / 1e6;
    }
    return g->delay_count > 0;
}

static void tick(generator *g, uint64_t now) {
    g->tick_at = now + TICK_NS;
    g->clock_offset_ns = clock_ns(CLOCK_REALTIME) - monotonic_ns();
    for (int i = 0; i < g->peer_count; i++) {
        peer *p = g->peers[i];
        if (p->closed) continue;
        peer_feedback(g, p, now);
        peer_flush(p);
        for (int j = 0; j < p->stream_count; j++) {
            stream *s = p->streams[j];
            if (s->missing_count) peer_ask_again(g, p, s, now);
        }
    }
}

void generator_lock(generator *g) {
    atomic_fetch_add(&g->waiting, 1);
    pthread_mutex_lock(&g->lock);
    atomic_fetch_sub(&g->waiting, 1);
}

void generator_unlock(generator *g) { pthread_mutex_unlock(&g->lock); }

static void wait_for(generator *g, struct epoll_event *events, int *count) {
    uint64_t now = monotonic_ns(), next = publish_next(g);
    if (g->tick_at < next) next = g->tick_at;
    struct timespec left = {0, next > now ? (long)(next - now > TICK_NS ? TICK_NS : next - now) : 0};
    pthread_mutex_unlock(&g->lock);
    if (atomic_load(&g->waiting)) nanosleep(&(struct timespec){0, GIVE_WAY_NS}, NULL); /* a mutex is not fair */
    *count = epoll_pwait2(g->epoll, events, EVENTS, &left, NULL);
    pthread_mutex_lock(&g->lock);
}

static void take_event(generator *g, int number, uint64_t now) {
    peer_readable(g, number, now);
    if (g->peers[number]->closed) epoll_ctl(g->epoll, EPOLL_CTL_DEL, g->peers[number]->fd, NULL);
}

void generator_run(generator *g) {
    struct epoll_event events[EVENTS];
    int count;
    pthread_mutex_lock(&g->lock);
    tick(g, monotonic_ns());
    while (!atomic_load(&g->stopping)) {
        wait_for(g, events, &count);
        uint64_t now = monotonic_ns();
        publish_due(g, now);
        for (int i = 0; i < count; i++) {
            take_event(g, (int)events[i].data.u32, monotonic_ns());
            if (publish_next(g) <= monotonic_ns()) publish_due(g, monotonic_ns());
        }
        if (now >= g->tick_at) tick(g, now);
    }
    pthread_mutex_unlock(&g->lock);
}
