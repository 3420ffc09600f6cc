#define OPENSSL_SUPPRESS_DEPRECATED /* SHA_CTX: a hashed-in key is copied per packet, which EVP makes dear */
#include "srtp.h"
#include "bytes.h"
#include <openssl/crypto.h>
#include <string.h>

#define TAG_CM 10
#define TAG_GCM 16

static int is_gcm(const srtp *s) { return s->profile != SRTP_CM_SHA1_80; }

static int keys_init(srtp_keys *k, int profile, int encrypts, const uint8_t *key, const uint8_t *salt,
                     const uint8_t *auth) {
    const EVP_CIPHER *kind = profile == SRTP_GCM_128   ? EVP_aes_128_gcm()
                             : profile == SRTP_GCM_256 ? EVP_aes_256_gcm()
                                                       : EVP_aes_128_ctr();
    if (!(k->cipher = EVP_CIPHER_CTX_new())) return -1;
    memcpy(k->salt, salt, profile == SRTP_CM_SHA1_80 ? 14 : 12);
    if (profile == SRTP_CM_SHA1_80) {
        uint8_t pad[64];
        for (int i = 0; i < 64; i++) pad[i] = (i < 20 ? auth[i] : 0) ^ 0x36;
        SHA1_Init(&k->inner);
        SHA1_Update(&k->inner, pad, 64);
        for (int i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
        SHA1_Init(&k->outer);
        SHA1_Update(&k->outer, pad, 64);
        encrypts = 1; /* a counter mode knows one direction */
    }
    return EVP_CipherInit_ex(k->cipher, kind, NULL, key, NULL, encrypts) == 1 ? 0 : -1;
}

int srtp_init(srtp *s, int profile, int encrypts, const uint8_t *rtp_key, const uint8_t *rtp_salt,
              const uint8_t *rtp_auth, const uint8_t *rtcp_key, const uint8_t *rtcp_salt, const uint8_t *rtcp_auth) {
    memset(s, 0, sizeof *s);
    s->profile = profile;
    s->encrypts = encrypts;
    return keys_init(&s->rtp, profile, encrypts, rtp_key, rtp_salt, rtp_auth) ||
                   keys_init(&s->rtcp, profile, encrypts, rtcp_key, rtcp_salt, rtcp_auth)
               ? -1
               : 0;
}

void srtp_free(srtp *s) {
    EVP_CIPHER_CTX_free(s->rtp.cipher);
    EVP_CIPHER_CTX_free(s->rtcp.cipher);
    s->rtp.cipher = s->rtcp.cipher = NULL;
}

static void hmac(const srtp_keys *k, const uint8_t *data, int length, const uint8_t *more, uint8_t out[20]) {
    SHA_CTX c = k->inner;
    SHA1_Update(&c, data, length);
    if (more) SHA1_Update(&c, more, 4);
    SHA1_Final(out, &c);
    c = k->outer;
    SHA1_Update(&c, out, 20);
    SHA1_Final(out, &c);
}

/* RFC 7714 8.1 and 9.1; `low` is ROC and sequence number, or the SRTCP index. */
static void gcm_iv(const srtp_keys *k, uint32_t ssrc, uint64_t low, uint8_t iv[12]) {
    iv[0] = iv[1] = 0;
    put32(iv + 2, ssrc);
    put16(iv + 6, (uint16_t)(low >> 32));
    put32(iv + 8, (uint32_t)low);
    for (int i = 0; i < 12; i++) iv[i] ^= k->salt[i];
}

/* RFC 3711 4.1.1. */
static void cm_iv(const srtp_keys *k, uint32_t ssrc, uint64_t index, uint8_t iv[16]) {
    uint8_t mask[16] = {0};
    put32(mask + 4, ssrc);
    put16(mask + 8, (uint16_t)(index >> 32));
    put32(mask + 10, (uint32_t)index);
    for (int i = 0; i < 14; i++) iv[i] = k->salt[i] ^ mask[i];
    iv[14] = iv[15] = 0;
}

static int gcm_seal(srtp_keys *k, const uint8_t iv[12], const uint8_t *aad, int aad_length, const uint8_t *in,
                    uint8_t *out, int length) {
    int n;
    if (EVP_EncryptInit_ex(k->cipher, NULL, NULL, NULL, iv) != 1) return -1;
    EVP_EncryptUpdate(k->cipher, NULL, &n, aad, aad_length);
    EVP_EncryptUpdate(k->cipher, out, &n, in, length);
    EVP_EncryptFinal_ex(k->cipher, out + length, &n);
    return EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_GCM_GET_TAG, TAG_GCM, out + length) == 1 ? 0 : -1;
}

static int gcm_open(srtp_keys *k, const uint8_t iv[12], const uint8_t *aad, int aad_length, uint8_t *data,
                    int length, uint8_t *tag) {
    int n;
    if (EVP_DecryptInit_ex(k->cipher, NULL, NULL, NULL, iv) != 1) return -1;
    EVP_CIPHER_CTX_ctrl(k->cipher, EVP_CTRL_GCM_SET_TAG, TAG_GCM, tag);
    EVP_DecryptUpdate(k->cipher, NULL, &n, aad, aad_length);
    EVP_DecryptUpdate(k->cipher, data, &n, data, length);
    return EVP_DecryptFinal_ex(k->cipher, data + length, &n) == 1 ? 0 : -1;
}

static void cm_crypt(srtp_keys *k, const uint8_t iv[16], uint8_t *data, int length) {
    int n;
    EVP_EncryptInit_ex(k->cipher, NULL, NULL, NULL, iv);
    EVP_EncryptUpdate(k->cipher, data, &n, data, length);
}

static uint64_t index_of(const uint8_t *packet, uint32_t roc) { return (uint64_t)roc << 16 | get16(packet + 2); }

int srtp_seal(srtp *s, uint8_t *out, int header, const uint8_t *payload, int length, uint32_t roc) {
    uint8_t iv[12];
    gcm_iv(&s->rtp, get32(out + 8), index_of(out, roc), iv);
    if (gcm_seal(&s->rtp, iv, out, header, payload, out + header, length)) return -1;
    return header + length + TAG_GCM;
}

int srtp_protect(srtp *s, uint8_t *packet, int header, int length, uint32_t roc) {
    if (is_gcm(s)) return srtp_seal(s, packet, header, packet + header, length - header, roc);
    uint8_t iv[16], tag[20], more[4];
    cm_iv(&s->rtp, get32(packet + 8), index_of(packet, roc), iv);
    cm_crypt(&s->rtp, iv, packet + header, length - header);
    put32(more, roc);
    hmac(&s->rtp, packet, length, more, tag);
    memcpy(packet + length, tag, TAG_CM);
    return length + TAG_CM;
}

int srtp_unprotect(srtp *s, uint8_t *packet, int header, int length, uint32_t roc) {
    uint8_t iv[16], tag[20], more[4];
    int trailer = is_gcm(s) ? TAG_GCM : TAG_CM;
    length -= trailer;
    if (length < header) return -1;
    if (is_gcm(s)) {
        gcm_iv(&s->rtp, get32(packet + 8), index_of(packet, roc), iv);
        return gcm_open(&s->rtp, iv, packet, header, packet + header, length - header, packet + length) ? -1 : length;
    }
    put32(more, roc);
    hmac(&s->rtp, packet, length, more, tag);
    if (CRYPTO_memcmp(tag, packet + length, TAG_CM)) return -1;
    cm_iv(&s->rtp, get32(packet + 8), index_of(packet, roc), iv);
    cm_crypt(&s->rtp, iv, packet + header, length - header);
    return length;
}

int srtcp_protect(srtp *s, uint8_t *packet, int length) {
    uint8_t iv[16], aad[12], tag[20];
    uint32_t index = s->rtcp_index++ & 0x7fffffff;
    if (is_gcm(s)) {
        memcpy(aad, packet, 8);
        put32(aad + 8, index | 0x80000000u);
        gcm_iv(&s->rtcp, get32(packet + 4), index, iv);
        if (gcm_seal(&s->rtcp, iv, aad, 12, packet + 8, packet + 8, length - 8)) return -1;
        put32(packet + length + TAG_GCM, index | 0x80000000u);
        return length + TAG_GCM + 4;
    }
    cm_iv(&s->rtcp, get32(packet + 4), index, iv);
    cm_crypt(&s->rtcp, iv, packet + 8, length - 8);
    put32(packet + length, index | 0x80000000u);
    hmac(&s->rtcp, packet, length + 4, NULL, tag);
    memcpy(packet + length + 4, tag, TAG_CM);
    return length + 4 + TAG_CM;
}

int srtcp_unprotect(srtp *s, uint8_t *packet, int length) {
    uint8_t iv[16], aad[12], tag[20];
    int body = length - 4 - (is_gcm(s) ? TAG_GCM : TAG_CM);
    if (body < 8) return -1;
    if (is_gcm(s)) {
        uint32_t word = get32(packet + length - 4);
        memcpy(aad, packet, 8);
        put32(aad + 8, word);
        if (!(word >> 31)) return -1; /* nobody sends SRTCP in clear */
        gcm_iv(&s->rtcp, get32(packet + 4), word & 0x7fffffff, iv);
        return gcm_open(&s->rtcp, iv, aad, 12, packet + 8, body - 8, packet + body) ? -1 : body;
    }
    hmac(&s->rtcp, packet, body + 4, NULL, tag);
    if (CRYPTO_memcmp(tag, packet + body + 4, TAG_CM)) return -1;
    cm_iv(&s->rtcp, get32(packet + 4), get32(packet + body) & 0x7fffffff, iv);
    cm_crypt(&s->rtcp, iv, packet + 8, body - 8);
    return body;
}
