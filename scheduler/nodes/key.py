"""A node's Ed25519 key (RFC 8032). The seed is a secret of 32 bytes that the installation keeps like its other keys."""

from __future__ import annotations

import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_PUBLIC = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")


class NodeKey:
    """Signs for this node."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw().hex()

    def sign(self, data: bytes) -> str:
        """The signature, in hex."""
        return self._private.sign(data).hex()


def is_public_key(text: str) -> bool:
    return _PUBLIC.fullmatch(text) is not None


def holds(public: str, signature: str, data: bytes) -> bool:
    """Whether the owner of this public key signed exactly this."""
    if not is_public_key(public) or not _SIGNATURE.fullmatch(signature):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public: str) -> str:
    """What two administrators read to one another by telephone: 20 digits of the key's SHA-256, in fours."""
    number = int.from_bytes(hashlib.sha256(bytes.fromhex(public)).digest()[:16], "big") % 10**20
    digits = f"{number:020d}"
    return " ".join(digits[start : start + 4] for start in range(0, 20, 4))
