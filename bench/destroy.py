#!/usr/bin/env python3
"""How long `vigild destroy` takes: a relay that runs, and 10 GB of tables in its store.

    bench_destroy [BUILD-FOLDER] [--gb N]

The tables are as large as the store's own (8 MB), written to their last byte and synced; they lie below $TMPDIR. Times from the
start of the command: until the keys are zeros (a second name of their file is read again and again), until the relay has ended,
until the last file is removed and the command has ended.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "journeys"))
from house import House, add_programs  # noqa: E402

TABLE_BYTES = 8 << 20
GB = 1_000_000_000


def fill(rows, count):
    """Tables that the database does not know: it looks for such when it opens only."""
    one = os.urandom(TABLE_BYTES)
    for number in range(count):
        (rows / f"{900_000 + number}.sst").write_bytes(one)
    os.sync()


def measure(house, gb):
    relay = house.relay()
    store, held = relay.data / "store", pathlib.Path(house.folder) / "held"
    count = round(gb * GB / TABLE_BYTES)
    fill(store / "rows", count)
    os.link(store / "keys", held)
    zeros, took_s = bytes(held.stat().st_size), {}

    def watch(name, ended):
        while not ended():
            time.sleep(0.0005)
        took_s[name] = time.monotonic() - began

    began = time.monotonic()
    watchers = [threading.Thread(target=watch, args=each, daemon=True)
                for each in (("keys", lambda: held.read_bytes() == zeros), ("relay", lambda: relay.process.poll() is not None))]
    for watcher in watchers:
        watcher.start()
    done = subprocess.run([relay.vigild, "destroy", "--config", str(relay.config), "--yes"], capture_output=True, text=True)
    took_s["all"] = time.monotonic() - began
    for watcher in watchers:
        watcher.join(30)
    if done.returncode != 0 or len(took_s) != 3 or [left for left in relay.data.iterdir() if left.name.startswith("store")]:
        raise SystemExit(f"bench_destroy: the store was not destroyed: {done.stderr} {took_s}")
    print(f"{gb:g} GB in {count} tables: keys overwritten after {took_s['keys'] * 1000:.0f} ms, "
          f"the relay ended after {took_s['relay'] * 1000:.0f} ms, every file removed after {took_s['all']:.2f} s")


def main():
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_programs(reader)
    reader.add_argument("--gb", type=float, default=10)
    arguments = reader.parse_args()
    if not arguments.folder:
        arguments.folder = str(pathlib.Path(sys.argv[0]).absolute().parent.parent)
    if shutil.disk_usage(tempfile.gettempdir()).free < 1.2 * arguments.gb * GB:
        print(f"not measured: {tempfile.gettempdir()} has no room for {arguments.gb:g} GB (TMPDIR, --gb)")
        return
    with House(arguments) as house:
        measure(house, arguments.gb)


if __name__ == "__main__":
    main()
