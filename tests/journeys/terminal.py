"""A terminal for the journeys: `vigil` in a pty, and what a person would see in it. Python's standard library only.

It understands what full_screen.cpp writes (cursor to a row, erase, the alternate buffer) and nothing else."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time

from house import Failed

SEQUENCE = re.compile(rb"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class Terminal:
    def __init__(self, person, arguments, columns=80, rows=24, command=None):
        """A person's `vigil`; or any command, then without a person."""
        self.master, slave = pty.openpty()
        self.columns, self.rows = columns, rows
        self._size(columns, rows)
        self.before = termios.tcgetattr(slave)
        self.slave = slave  # kept open, so that the modes can be looked at afterwards
        fds = ()
        if command is None:
            read_end, write_end = os.pipe()
            os.write(write_end, person.pin.encode() + b"\n")
            os.close(write_end)
            fds = (read_end,)
            command = [person.vigil, *arguments, "--home", str(person.home), "--pin-fd", str(read_end)]
        environment = dict(os.environ, TERM="xterm", TZ="UTC")

        def in_front():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, pass_fds=fds, env=environment,
                                        preexec_fn=in_front)
        for end in fds:
            os.close(end)
        self.raw, self.picture, self.inside = b"", [""] * rows, False
        self._row, self._rest = 0, b""
        self._more = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        with self._more:
            self.columns, self.rows = columns, rows
        self._size(columns, rows)

    def _read(self):
        while True:
            try:
                got = os.read(self.master, 65536)
            except OSError:
                got = b""
            with self._more:
                if not got:
                    self._more.notify_all()
                    return
                self.raw += got
                self._draw(got)
                self._more.notify_all()

    def _put(self, text):
        while len(self.picture) <= self._row:
            self.picture.append("")
        self.picture[self._row] += text.decode("utf-8", "replace")

    def _draw(self, got):
        data, self._rest = self._rest + got, b""
        while data:
            at = data.find(b"\x1b")
            if at != 0:
                self._put(data if at < 0 else data[:at])
                data = b"" if at < 0 else data[at:]
                continue
            found = SEQUENCE.match(data)
            if not found:
                self._rest = data  # the rest of it comes with the next bytes
                return
            data = data[found.end():]
            private, numbers, letter = found.group(1), found.group(2), found.group(3)
            if letter == b"H":
                self._row = int(numbers.split(b";")[0]) - 1
                while len(self.picture) <= self._row:
                    self.picture.append("")
                self.picture[self._row] = ""
            elif letter == b"J":
                self.picture = [""] * self.rows
            elif private and numbers == b"1049":
                self.inside = letter == b"h"

    def shown(self):
        with self._more:
            return "\n".join(self.picture)

    def wait(self, words, within_s=20, gone=False):
        """Until the words stand on the screen (or, with gone, no longer do)."""
        deadline = time.monotonic() + within_s
        with self._more:
            while (words in "\n".join(self.picture)) == gone:
                left = deadline - time.monotonic()
                if left <= 0:
                    picture = "\n".join(self.picture)
                    raise Failed(f"{'still' if gone else 'never'} on the screen: {words!r}; it shows:\n{picture}")
                self._more.wait(min(left, 0.2))

    def press(self, keys):
        os.write(self.master, keys.encode())

    def modes(self):
        return termios.tcgetattr(self.slave)

    def end(self, sent=None, within_s=20):
        if sent is not None:
            self.process.send_signal(sent)
        code = self.process.wait(within_s)
        deadline = time.monotonic() + 5
        while self.inside and time.monotonic() < deadline:
            time.sleep(0.02)
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)
