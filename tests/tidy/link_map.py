#!/usr/bin/env python3
"""Whether a binary holds end-to-end code: link_map.py BINARY [LINK_MAP]. Prints what gives it away; exit 1 if anything does.

Four ways, each sufficient alone: the libraries it needs, its symbols, the linker's map, and bytes. Bytes are what is left of a
stripped binary with everything linked statically: the mark of our own room (crypto/e2ee/mark.hpp), the labels of the Signal
protocol and the type names of what members say to each other."""

import re
import subprocess
import sys
from pathlib import Path

LIBRARIES = re.compile(r"libsignal-protocol|libsqlcipher")
SYMBOLS = re.compile(r"N5vigil(?:4e2ee|7content|6client)|\b(?:signal_(?:context|protocol|int_list)_|session_cipher_|ratcheting_)")
OBJECTS = re.compile(r"libvigil_(?:e2ee|proto_content|client)\.a|libsignal-protocol")
MARK = b"Vigil end-to-end room"
BYTES = (MARK, b"WhisperText", b"WhisperRatchet", b"WhisperMessageKeys", b"vigil.content.")


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout


def betrayals(binary: Path, link_map: Path | None = None) -> dict[str, list[str]]:
    """What gives end-to-end code away, by the way it was found. Empty when there is none."""
    found: dict[str, list[str]] = {}
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "--dynamic", "--wide", str(binary)))
    found["needed"] = [name for name in needed if LIBRARIES.search(name)]
    symbols = [line.split()[-1] for line in run("readelf", "--symbols", "--wide", str(binary)).splitlines() if line.split()]
    found["symbols"] = [symbol for symbol in symbols if SYMBOLS.search(symbol)]
    content = binary.read_bytes()
    found["bytes"] = [mark.decode() for mark in BYTES if mark in content]
    if link_map is not None:
        found["map"] = sorted(set(OBJECTS.findall(link_map.read_text(encoding="utf-8", errors="replace"))))
    return {way: what for way, what in found.items() if what}


def main() -> int:
    binary = Path(sys.argv[1])
    found = betrayals(binary, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    for way, what in found.items():
        print(f"{binary.name}: end-to-end code, told by its {way}: {', '.join(what[:5])}{' ...' if len(what) > 5 else ''}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
