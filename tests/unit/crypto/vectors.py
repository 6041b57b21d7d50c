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
