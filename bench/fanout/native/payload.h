/* What the generator sends, and how it knows it again: 10 bytes that look like a VP8 or Opus frame's beginning, a mark
   (who, which packet, when), and bytes that follow from the mark. */
#pragma once
#include <stdint.h>

#define FRAME_HEAD 10
#define MARK_BYTES (FRAME_HEAD + 24)
#define DESCRIPTOR_BYTES 6
enum { PAYLOAD_GARBAGE = -1, PAYLOAD_GOOD = 0 };

typedef struct {
    uint32_t source;
    uint64_t counter;
    uint64_t sent_ns;
    int first, key, picture; /* video: first packet of a frame, keyframe, picture id (-1: none) */
} mark;

/* Writes `length` bytes (at least MARK_BYTES, after the descriptor of a video packet) for this mark. */
int payload_write(uint8_t *out, int length, const mark *m, int video);
/* Reads a payload back; PAYLOAD_GARBAGE when any byte is not what the mark says. */
int payload_read(const uint8_t *payload, int length, int video, mark *m);
