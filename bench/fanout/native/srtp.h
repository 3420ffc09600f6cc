/* SRTP and SRTCP for one direction of one transport (RFC 3711, RFC 7714), on OpenSSL with reused contexts. */
#pragma once
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>

enum { SRTP_GCM_128 = 1, SRTP_GCM_256 = 2, SRTP_CM_SHA1_80 = 3 };
#define SRTP_MAX_TRAILER 24

/* One derived key set: cipher, salt, and for AES-CM the two halves of HMAC-SHA1 with the key already hashed in. */
typedef struct {
    EVP_CIPHER_CTX *cipher;
    uint8_t salt[14];
    SHA_CTX inner, outer;
} srtp_keys;

typedef struct {
    int profile;
    int encrypts;
    srtp_keys rtp, rtcp;
    uint32_t rtcp_index;
} srtp;

/* Session keys as derived by RFC 3711 4.3: key, salt, authentication key (20 bytes, AES-CM only). 0 when OK. */
int srtp_init(srtp *s, int profile, int encrypts, const uint8_t *rtp_key, const uint8_t *rtp_salt,
              const uint8_t *rtp_auth, const uint8_t *rtcp_key, const uint8_t *rtcp_salt, const uint8_t *rtcp_auth);
void srtp_free(srtp *s);

/* In place; the buffer has SRTP_MAX_TRAILER bytes to spare. Length afterwards, or -1. */
int srtp_protect(srtp *s, uint8_t *packet, int header, int length, uint32_t roc);
int srtp_unprotect(srtp *s, uint8_t *packet, int header, int length, uint32_t roc);
int srtcp_protect(srtp *s, uint8_t *packet, int length);
int srtcp_unprotect(srtp *s, uint8_t *packet, int length);

/* GCM from plaintext elsewhere: header already stands at `out`; returns the whole length. */
int srtp_seal(srtp *s, uint8_t *out, int header, const uint8_t *payload, int length, uint32_t roc);
