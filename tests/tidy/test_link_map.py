#!/usr/bin/env python3
"""The built relay holds no end-to-end code, and a relay into which it was linked on purpose is found out, stripped or not.

Arguments: the relay, its link map, the relay with end-to-end code, its link map, libvigil_e2ee.a, libsignal-protocol-c.so."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from link_map import MARK, betrayals  # noqa: E402

RELAY, RELAY_MAP, GUILTY, GUILTY_MAP, ROOM, SIGNAL = map(Path, sys.argv[1:7])


def stripped(binary: Path, folder: str) -> Path:
    copy = Path(folder, binary.name + ".stripped")
    subprocess.run(["strip", "--strip-all", "-o", str(copy), str(binary)], check=True)
    return copy


class LinkMapTest(unittest.TestCase):
    def test_the_relay_holds_no_end_to_end_code(self):
        self.assertEqual(betrayals(RELAY, RELAY_MAP), {})
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(betrayals(stripped(RELAY, folder)), {})

    def test_the_map_is_the_relays(self):
        text = RELAY_MAP.read_text(encoding="utf-8", errors="replace")
        self.assertTrue("libvigil_server.a" in text and "libvigil_storage.a" in text)

    def test_linked_on_purpose_it_is_found_in_each_of_four_ways(self):
        self.assertEqual(set(betrayals(GUILTY, GUILTY_MAP)), {"needed", "symbols", "bytes", "map"})

    def test_stripped_it_is_found_by_its_bytes_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn(MARK.decode(), betrayals(stripped(GUILTY, folder)).get("bytes", []))

    def test_every_object_file_of_the_room_carries_the_mark(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["ar", "x", str(ROOM.resolve())], cwd=folder, check=True)
            objects = sorted(Path(folder).glob("*.o"))
            self.assertTrue(objects)
            for path in objects:
                with self.subTest(object=path.name):
                    subprocess.run(["strip", "--strip-unneeded", str(path)], check=True)
                    self.assertIn(MARK, path.read_bytes())

    def test_the_signal_library_linked_statically_would_be_found_by_its_bytes(self):
        self.assertIn("WhisperText", betrayals(SIGNAL).get("bytes", []))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
