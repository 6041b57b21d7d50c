"""Devices and relays with a wrong clock: Debian's faketime in front of libc. Timers run as ever (real_timers.cpp)."""

import os
import pathlib


def wrong_clock(vigil, off_s):
    """The environment of such a process. vigil: the program whose build has the tests, too."""
    found = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        raise SystemExit("libfaketime is not there: apt-get install faketime (./dev test does)")
    timers = pathlib.Path(vigil).parents[1] / "tests" / "journeys" / "libreal_timers.so"
    if not timers.is_file():
        raise SystemExit(f"{timers} is not there: build the tests first (./dev test does)")
    preload = f"{timers}:{found[0]}"
    return dict(os.environ, LD_PRELOAD=preload, FAKETIME=f"{off_s:+d}s", FAKETIME_DONT_FAKE_MONOTONIC="1")


class JumpingClock:
    """For processes started with its environment: the machine's clock until jump() moves it."""

    def __init__(self, vigil, file):
        self._file, self._ahead_s = pathlib.Path(file), 0
        self.jump(0)
        self.environment = wrong_clock(vigil, 0) | {"FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_CACHE_DURATION": "1"}
        del self.environment["FAKETIME"]

    def jump(self, seconds):
        self._ahead_s += seconds
        written = self._file.with_suffix(".new")
        written.write_text(f"{self._ahead_s:+d}s\n")
        written.rename(self._file)
