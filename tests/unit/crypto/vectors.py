#!/usr/bin/env python3
"""The vectors of hash_test.cpp and of docs/protocol.md, computed with Python's own hashes.

vectors.py [labels.hpp] prints them; vectors.py --check labels.hpp hash_test.cpp fails when a label has none.
"""
import hashlib
import hmac
import re
import struct
import sys


def framed(part):
    return struct.pack(">I", len(part)) + part


def H(label, *parts):
    return hashlib.sha256(framed(label.encode()) + b"".join(framed(p) for p in parts)).digest()


def rising(count, first):
    return bytes((first + i) & 255 for i in range(count))


def hkdf(key, salt, info, length):
    extracted = hmac.new(salt or bytes(32), key, hashlib.sha256).digest()
    block, out, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.new(extracted, block + info + bytes([counter]), hashlib.sha256).digest()
        out, counter = out + block, counter + 1
    return out[:length]


def keyed(label, part):
    return hashlib.blake2b(framed(label.encode()) + framed(part), key=rising(32, 6), digest_size=16).hexdigest()


def label_lines(labels_hpp):
    """One line of hash_test.cpp for each hashing label of labels.hpp, and one of text for each keyed one."""
    for name, label in re.findall(r'string_view (\w+)\s*=\s*"(vigil [^"]+)"', open(labels_hpp).read()):
        if label.startswith("vigil relay"):
            yield f'hex(keyed_hash(key, labels::{name}, rising(32, 0))) == "{keyed(label, rising(32, 0))}"'
        else:
            yield f'{{labels::{name}, "{label}", "{H(label, rising(32, 0)).hex()}"}},'


def be32(number):
    return struct.pack(">I", number)


def x25519(private, point=bytes([9]) + bytes(31)):
    """RFC 7748, section 5, as written there."""
    prime = 2 ** 255 - 19
    scalar = (int.from_bytes(private, "little") & ~7 & ~(1 << 255)) | 1 << 254
    x1 = int.from_bytes(point, "little") & ((1 << 255) - 1)
    x2, z2, x3, z3 = 1, 0, x1, 1
    for bit in reversed(range(255)):
        if scalar >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        next_x2, next_z2 = aa * bb % prime, e * (aa + 121665 * e) % prime
        x3, z3 = (da + cb) ** 2 % prime, x1 * (da - cb) ** 2 % prime
        x2, z2 = next_x2, next_z2
        if scalar >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, prime - 2, prime) % prime).to_bytes(32, "little")


def clamped(private):
    return bytes([private[0] & 248]) + private[1:31] + bytes([private[31] & 127 | 64])


def between():
    """The MAC of a note: its writer's and its reader's private keys, the serialised body, the MAC."""
    writer, reader = clamped(rising(32, 0x40)), clamped(rising(32, 0x60))
    alert, text = rising(16, 0), b"two men at the gate"
    body = b"\x0a\x10" + alert + b"\x12" + bytes([len(text)]) + text + b"\x18\x80\x94\xac\xdc\x06"  # at_s 1804274176
    key = hkdf(x25519(writer, x25519(reader)), b"", b"vigil between responders", 32)
    identities = [b"\x05" + x25519(one) for one in (writer, reader)]
    mac = hmac.new(key, H("vigil between responders", body, alert, *identities), hashlib.sha256).digest()
    return writer, reader, body, mac


def show(labels_hpp):
    address = H("vigil address", rising(32, 2))
    secret = rising(32, 5)
    chain = secret
    print("mailbox id   ", H("vigil mailbox", rising(32, 1)).hex())
    print("address hash ", address.hex())
    print("copy id      ", H("vigil copy", rising(16, 3), address)[:16].hex())
    print("released id  ", H("vigil released", rising(32, 4), be32(2), be32(1), be32(3), address)[:16].hex())
    print("secret hash  ", H("vigil secret", secret).hex())
    print("invite hash  ", H("vigil invite", secret).hex())
    for step in range(255):
        chain = H("vigil answer step", chain)
        if step in (0, 254):
            print("answer chain ", step + 1, chain.hex())
    print("per relay    ", hkdf(rising(32, 7), rising(32, 8), b"vigil per relay", 32).hex())
    for part in between():
        print("between      ", part.hex())
    for line in label_lines(labels_hpp):
        print(line)


def check(labels_hpp, test_cpp):
    """A label without its vector in the test is a label whose text nobody would miss."""
    test = re.sub(r"\s+", "", open(test_cpp).read())
    missing = [line for line in label_lines(labels_hpp) if re.sub(r"\s+", "", line) not in test]
    for line in missing:
        print("not in", test_cpp + ":", line)
    return 1 if missing else 0


if len(sys.argv) == 4 and sys.argv[1] == "--check":
    sys.exit(check(sys.argv[2], sys.argv[3]))
show(sys.argv[1] if len(sys.argv) > 1 else "crypto/base/labels.hpp")
