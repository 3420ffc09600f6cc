/* The limit: what one core can do at all. One publisher's packets, decrypted, encrypted for every viewer and sent in
   groups by UDP GSO: no room, no feedback, no repair, no counters. */
#pragma once
#include "srtp.h"
#include <netinet/in.h>

typedef struct {
    struct sockaddr_in address;
    srtp send;
    uint32_t ssrc;
    uint32_t index;
} limit_viewer;

int limit_address(limit_viewer *v, const char *host, int port);
/* Forwards until the process ends; a group is `group` packets, or what stands before a marker. */
int limit_serve(int fd, srtp *publisher, uint32_t publisher_ssrc, limit_viewer *viewers, int count, int group);
