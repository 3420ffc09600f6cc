"""Session keys from master keys (RFC 3711 4.3, RFC 7714 11), as the native part takes them."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from sfu.plane.plane import SrtpProfile

SessionKeys = tuple[int, bytes, bytes, bytes, bytes, bytes, bytes]
PROFILES: dict[SrtpProfile, tuple[int, int, int]] = {  # native number, key and salt length
    "AEAD_AES_128_GCM": (1, 16, 12),
    "AEAD_AES_256_GCM": (2, 32, 12),
    "AES128_CM_SHA1_80": (3, 16, 14),
}
AUTH_BYTES = 20


def session_keys(profile: SrtpProfile, master: bytes) -> SessionKeys:
    """(profile, RTP key, salt, authentication key, and the same of RTCP)."""
    number, key, salt = PROFILES[profile]
    if len(master) != key + salt:
        raise ValueError(f"{profile} takes {key + salt} bytes of key and salt, not {len(master)}")
    made = [
        _derive(master[:key], master[key:], label, length)
        for label, length in ((0, key), (2, salt), (1, AUTH_BYTES), (3, key), (5, salt), (4, AUTH_BYTES))
    ]
    return number, made[0], made[1], made[2], made[3], made[4], made[5]


def _derive(key: bytes, salt: bytes, label: int, length: int) -> bytes:
    counter = bytearray(salt.ljust(14, b"\0") + b"\0\0")
    counter[7] ^= label
    return Cipher(AES(key), CTR(bytes(counter))).encryptor().update(bytes(length))
