"""A person's two box keys, both known here: what the quiet PIN opens before there is a command that sets one.

The endings and renewals of a vigil lie in two boxes, and a PIN opens one of them (client/profile.cpp). Here the same PIN opens
the one or the other, by turns: what follows is what a person who was forced would do.
"""

import ctypes
import ctypes.util
import hashlib
import os
import struct

HEAD, SALT, SLOT_BODY, OVERHEAD = 28, 16, 256, 24 + 16
SLOT = SALT + SLOT_BODY + OVERHEAD
ARGON2ID13 = 2


def sodium():
    library = ctypes.CDLL(ctypes.util.find_library("sodium"))
    if library.sodium_init() < 0:
        raise RuntimeError("libsodium does not start")
    return library


def key_of(library, pin, salt, head):
    operations, memory = struct.unpack(">QQ", head[12:28])
    key = ctypes.create_string_buffer(32)
    done = library.crypto_pwhash(key, ctypes.c_ulonglong(32), pin, ctypes.c_ulonglong(len(pin)), salt,
                                 ctypes.c_ulonglong(operations), ctypes.c_size_t(memory), ARGON2ID13)
    if done != 0:
        raise RuntimeError("no memory for Argon2id")
    return key.raw


def open_slot(library, key, slot, head):
    nonce, sealed = slot[SALT:SALT + 24], slot[SALT + 24:]
    plain = ctypes.create_string_buffer(SLOT_BODY)
    wrong = library.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, None, None, sealed, ctypes.c_ulonglong(len(sealed)), head, ctypes.c_ulonglong(len(head)), nonce, key)
    return None if wrong else plain.raw


def seal_slot(library, key, salt, body, head):
    nonce, sealed = os.urandom(24), ctypes.create_string_buffer(SLOT_BODY + 16)
    library.crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed, None, body, ctypes.c_ulonglong(len(body)), head, ctypes.c_ulonglong(len(head)), None, nonce, key)
    return salt + nonce + sealed.raw


class Boxes:
    """Gives the person's profile two pairs of box keys; from then on use() says which of them her PIN opens."""

    def __init__(self, person):
        self.library, self.path, self.pin = sodium(), person.home / "profile", person.pin.encode()
        self.pairs = [self._pair() for _ in range(2)]
        self.use(0)

    def _pair(self):
        public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
        self.library.crypto_box_keypair(public, secret)
        return public.raw, secret.raw

    def use(self, which):
        file = self.path.read_bytes()
        head, slots = file[:HEAD], [file[HEAD + i * SLOT:HEAD + (i + 1) * SLOT] for i in range(2)]
        for i, slot in enumerate(slots):
            key = key_of(self.library, self.pin, slot[:SALT], head)
            body = open_slot(self.library, key, slot, head)
            if body is None:
                continue
            (own, secret), (other, _) = self.pairs[which], self.pairs[1 - which]
            body = body[:34] + secret + own + other + body[130:]
            slots[i] = seal_slot(self.library, key, slot[:SALT], body, head)
            out = head + b"".join(slots)
            label = b"vigil slot"
            framed = struct.pack(">I", len(label)) + label + struct.pack(">I", len(out)) + out
            self.path.write_bytes(out + hashlib.sha256(framed).digest())
            return
        raise RuntimeError("this PIN opens nothing")
