"""The part of OpenSSL's libcrypto that SRTP needs. SHA-1 by its block functions: HMAC's two halves are prepared once."""

from libc.stdint cimport uint8_t

cdef extern from "openssl/evp.h" nogil:
    ctypedef struct EVP_CIPHER_CTX:
        pass
    ctypedef struct EVP_CIPHER:
        pass
    ctypedef struct ENGINE:
        pass
    EVP_CIPHER_CTX *EVP_CIPHER_CTX_new() noexcept
    void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX *context) noexcept
    const EVP_CIPHER *EVP_aes_128_gcm() noexcept
    const EVP_CIPHER *EVP_aes_256_gcm() noexcept
    const EVP_CIPHER *EVP_aes_128_ctr() noexcept
    const EVP_CIPHER *EVP_aes_256_ctr() noexcept
    int EVP_EncryptInit_ex(
        EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, ENGINE *engine, const uint8_t *key, const uint8_t *iv
    ) noexcept
    int EVP_DecryptInit_ex(
        EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, ENGINE *engine, const uint8_t *key, const uint8_t *iv
    ) noexcept
    int EVP_Cipher(EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *data, unsigned int size) noexcept
    int EVP_EncryptUpdate(EVP_CIPHER_CTX *context, uint8_t *out, int *length, const uint8_t *data, int size) noexcept
    int EVP_DecryptUpdate(EVP_CIPHER_CTX *context, uint8_t *out, int *length, const uint8_t *data, int size) noexcept
    int EVP_EncryptFinal_ex(EVP_CIPHER_CTX *context, uint8_t *out, int *length) noexcept
    int EVP_DecryptFinal_ex(EVP_CIPHER_CTX *context, uint8_t *out, int *length) noexcept
    int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *context, int what, int number, void *pointer) noexcept
    int EVP_CTRL_AEAD_GET_TAG
    int EVP_CTRL_AEAD_SET_TAG

cdef extern from "openssl/sha.h" nogil:
    ctypedef struct SHA_CTX:
        pass
    int SHA1_Init(SHA_CTX *context) noexcept
    int SHA1_Update(SHA_CTX *context, const void *data, size_t size) noexcept
    int SHA1_Final(uint8_t *digest, SHA_CTX *context) noexcept

cdef extern from "openssl/crypto.h" nogil:
    int CRYPTO_memcmp(const void *a, const void *b, size_t size) noexcept
    void OPENSSL_cleanse(void *memory, size_t size) noexcept
