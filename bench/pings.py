#!/usr/bin/env python3
"""What a night of places costs a responder: real processes, real TLS, a second here for a minute there.

    bench_pings [BUILD-FOLDER] [--hours N]

One activist shows where her phone is for 16 hours, every 5 minutes; it drives for the middle 8 of them. One responder listens
with a connection that it keeps. The relay is killed and started again twice. An hour of it takes a minute. Counted: the TLS
bytes, both ways, of the responder's connections (tests/journeys/thin_link.py carries them). Keeping a connection alive costs
bytes by the clock: they are measured beforehand, and added for the real hours.
"""

import argparse
import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "journeys"))
from house import House, add_programs  # noqa: E402
from thin_link import ThinLink  # noqa: E402

EVERY_S, TIMES = 300, 60
KMH, KM_A_DEGREE = 60, 81.2  # of longitude, at 43 degrees north
KEEPALIVE_S, KEEPALIVE_HERE_S = 240, 10  # as shipped; the least that the configuration takes


class Phone:
    """Writes where it is, once a minute of that night: parked, driving east, parked."""

    def __init__(self, into, hours):
        self.into, self.drive_s = into, (hours * 900, hours * 2700)

    def be(self, since_s):
        driven_s = min(max(since_s - self.drive_s[0], 0), self.drive_s[1] - self.drive_s[0])
        east = driven_s / 3600 * KMH / KM_A_DEGREE
        place = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [round(76.9 + east, 7), 43.2]},
                 "properties": {"time": int(time.time()), "accuracy": 12}}
        with open(self.into, "a") as out:
            out.write(json.dumps(place) + "\n")


def measure(house, relay, aigul, dana, link, hours):
    listen = dana.listen()
    own = [len(link.up_bytes) - 1]  # the numbers of the responder's connections

    def spent():
        return sum(link.up_bytes[number] + link.down_bytes[number] for number in own)

    time.sleep(2)
    before = spent()
    time.sleep(3 * KEEPALIVE_HERE_S)
    keepalive_bytes = (spent() - before) / 3
    phone = Phone(pathlib.Path(house.folder) / "places.geojson", hours)
    phone.be(0)
    share = aigul.start("share", "start", "--with", "Dana", "--exact", "--for", "4h", "--every", f"{EVERY_S // TIMES}s",
                        "--fix", phone.into)
    share.wait(60, "share", exact=True)
    night_began, before = time.monotonic(), spent()
    restarts, oldest_s = [hours * 1200, hours * 2400], 0
    while (since := (time.monotonic() - night_began) * TIMES) < hours * 3600:
        phone.be(since)
        if restarts and since > restarts[0]:
            restarts.pop(0)
            mark, seen = listen.mark(), len(link.up_bytes)
            relay.kill()
            relay.start()
            listen.wait(60, "connected", since=mark)
            # Whoever sends opens one for a ping and closes it; of those that are open now the responder's was first.
            own.append(next(n for n in range(seen, len(link.up_bytes)) if n not in link.lasted_s and link.up_bytes[n]))
        if places := [event for event in list(listen.events) if event["event"] == "place"]:
            oldest_s = max(oldest_s, time.time() - places[-1]["at_s_place"])
        time.sleep(max(0, 60 / TIMES - (time.monotonic() - night_began) % (60 / TIMES)))
    share.interrupt()
    cost = spent() - before
    pings = sum(event["event"] == "pinged" for event in share.events)
    alive = hours * 3600 * (1 / KEEPALIVE_S - 1 / TIMES / KEEPALIVE_HERE_S) * keepalive_bytes
    listen.interrupt()
    print(f"{hours:g} h: {pings} pings, {len(places)} on the screen, 2 restarts, {len(own)} connections: "
          f"{(cost + alive) / 1000:.0f} KB of TLS for the responder")
    print(f"of that: {cost / 1000:.0f} KB measured, {keepalive_bytes:.0f} bytes for each keepalive; "
          f"the newest place was never older than {oldest_s * TIMES / 60:.1f} min")


def main():
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_programs(reader)
    reader.add_argument("--hours", type=float, default=16)
    arguments = reader.parse_args()
    if not arguments.folder:
        arguments.folder = str(pathlib.Path(sys.argv[0]).absolute().parent.parent)
    links = []

    def link(port):
        links.append(ThinLink(port))
        return links[0].port

    with House(arguments) as house:
        relay = house.relay(seen_as=link, keepalive_s=KEEPALIVE_HERE_S)
        _, aigul, dana = house.circle_of("Aigul", "Dana", relay=relay)
        measure(house, relay, aigul, dana, links[0], arguments.hours)


if __name__ == "__main__":
    main()
