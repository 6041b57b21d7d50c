"""A recorded drive, played into a file as if it were now: where a phone of the journeys is. Standard library only."""

import pathlib
import threading
import time

DRIVE = pathlib.Path(__file__).resolve().parent / "drive.nmea"


class Drive:
    """Plays a recorded drive into a file, one second a second, as if it were now."""

    def __init__(self, recorded, into):
        self.lines = [line for line in pathlib.Path(recorded).read_text().splitlines() if line]
        self.into = pathlib.Path(into)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)

    @staticmethod
    def restamp(line, at_s):
        fields = line[1:].split("*")[0].split(",")
        now = time.gmtime(at_s)
        fields[1] = time.strftime("%H%M%S.00", now)
        if fields[0].endswith("RMC"):
            fields[9] = time.strftime("%d%m%y", now)
        body, checksum = ",".join(fields), 0
        for letter in body:
            checksum ^= ord(letter)
        return f"${body}*{checksum:02X}"

    def start(self, seconds_already=20):
        now = int(time.time())
        with open(self.into, "w") as out:
            for second in range(seconds_already):
                for line in self.lines[2 * second:2 * second + 2]:
                    out.write(self.restamp(line, now - seconds_already + second) + "\r\n")
        self._second = seconds_already
        self._thread.start()
        return self

    def _play(self):
        while not self._stop.wait(1.0) and 2 * self._second + 2 <= len(self.lines):
            with open(self.into, "a") as out:
                for line in self.lines[2 * self._second:2 * self._second + 2]:
                    out.write(self.restamp(line, int(time.time())) + "\r\n")
            self._second += 1

    def stop(self):
        self._stop.set()
        self._thread.join()
