#!/usr/bin/env python3
"""The systemd unit is well-formed and as tight as promised; a wrong key or an opened sandbox turns it red.

Arguments: the unit, a program that stands for the installed relay. Exit 77 (skipped) where systemd-analyze is missing."""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

UNIT, RELAY = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
EXPOSURE_MAX = 1.5
# What a relay cannot do without; everything else that the assessment lists must be shut.
NEEDED = {
    "RootDirectory=/RootImage=",
    "AmbientCapabilities=",
    "RestrictAddressFamilies=~AF_UNIX",
    "RestrictAddressFamilies=~AF_(INET|INET6)",
    "CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW)",
    "PrivateNetwork=",
    "PrivateUsers=",  # port 443 belongs to the machine's user namespace
    "DeviceAllow=",
    "IPAddressDeny=",
}


def analyze(*arguments: str) -> subprocess.CompletedProcess:
    command = ["systemd-analyze", "--no-pager", *arguments]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def verify(text: str) -> str:
    """What systemd-analyze has to say about this unit, with the built relay in the place of the installed one."""
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder, "vigild.service")
        unit.write_text(text.replace("/usr/bin/vigild", str(RELAY)), encoding="utf-8")
        done = analyze("verify", "--man=no", "--recursive-errors=no", str(unit))
        said = [line for line in (done.stdout + done.stderr).splitlines() if "vigild.service" in line or folder in line]
        return "\n".join(said) or ("" if done.returncode == 0 else done.stdout + done.stderr)


def security(text: str) -> tuple[float, set[str]]:
    """The exposure level, and the names of what is open."""
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder, "vigild.service")
        unit.write_text(text, encoding="utf-8")
        done = analyze("security", "--offline=true", str(unit))
        level = re.search(r"exposure level for vigild\.service: ([\d.]+)", done.stdout)
        if not level:
            raise AssertionError(done.stdout + done.stderr)
        return float(level.group(1)), set(re.findall(r"^✗ (\S+)", done.stdout, re.M))


class ServiceTest(unittest.TestCase):
    text = UNIT.read_text(encoding="utf-8")

    def test_the_unit_is_well_formed(self):
        self.assertEqual(verify(self.text), "")

    def test_a_mistyped_key_is_told(self):
        self.assertIn("ProtectSytem", verify(self.text.replace("ProtectSystem=", "ProtectSytem=")))

    def test_only_what_a_relay_needs_is_open(self):
        level, open_doors = security(self.text)
        self.assertLessEqual(level, EXPOSURE_MAX)
        self.assertEqual(open_doors - NEEDED, set())

    def test_each_lock_counts(self):
        for key in ("ProtectSystem", "MemoryDenyWriteExecute", "SystemCallFilter", "NoNewPrivileges", "UMask", "PrivateTmp"):
            with self.subTest(key=key):
                _, open_doors = security(re.sub(rf"^{key}=.*\n", "", self.text, flags=re.M))
                self.assertNotEqual(open_doors - NEEDED, set())

    def test_no_core_dump_no_swap_and_always_back(self):
        for line in ("LimitCORE=0", "MemorySwapMax=0", "Restart=always", "Type=notify", "WatchdogSec=60", "UMask=0077"):
            self.assertIn(f"\n{line}\n", self.text)


if __name__ == "__main__":
    if shutil.which("systemd-analyze") is None:
        print("skipped: systemd-analyze is missing (Debian package systemd); the unit was not checked")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
