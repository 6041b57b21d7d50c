#!/usr/bin/env python3
"""How long an alert takes over thin links: real processes, real TLS, a round trip, a rate and losses in between.

    bench_links [BUILD-FOLDER] [--runs N]

One activist, five responders: four online, one offline who comes back. Each connection has a link of its own
(tests/journeys/thin_link.py says what is modelled). Times from the start of the command that is the press; of the one who comes
back, from its connection. Sent: what the press itself sends from its connection, until the alert is on the relay.
"""

import argparse
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "journeys"))
from house import House, add_programs  # noqa: E402
from thin_link import ThinLink  # noqa: E402

RTT_S, LOSS = 0.150, 0.02
RATES_KBIT_S = (256, 64)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def one_alert(aigul, online, offline, link):
    """Seconds to: on the relay, on the screens of those online, on the screen of the one who comes back (from its connection).
    And the bytes that the alert's own connection has sent."""
    marks = [talk.mark() for talk in online]
    own = len(link.up_bytes)  # those who are online keep theirs: the next one is the alert's
    begun = time.monotonic()
    alert = aigul.start("alert", "--now", pin=False)
    relay = alert.wait(60, "state", state="on_relay")
    sent_bytes = link.up_bytes[own]
    rung = [talk.wait(60, "alert", since=mark, alert=relay["alert"])["came"] for talk, mark in zip(online, marks)]
    back = offline.start("listen")
    connected = back.wait(60, "connected")["came"]
    again = back.wait(60, "alert", alert=relay["alert"])["came"]
    back.interrupt()
    alert.kill()
    aigul.run("cancel", within_s=120)
    return relay["came"] - begun, [came - begun for came in rung], again - connected, sent_bytes


def main():
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_programs(reader)
    reader.add_argument("--runs", type=int, default=20)
    arguments = reader.parse_args()
    if not arguments.folder:
        arguments.folder = str(pathlib.Path(sys.argv[0]).absolute().parent.parent)
    links = []

    def thin(port):
        links.append(ThinLink(port))
        return links[0].port

    with House(arguments) as house:
        relay = house.relay(seen_as=thin)
        aigul, *people = (house.person(name, relay) for name in ("Aigul", "Dana", "Boris", "Erlan", "Zarina", "Olzhas"))
        for person in people:
            person.meet(aigul)
        aigul.tiers(people)
        online = [person.listen() for person in people[:4]]
        print(f"{'link':>12} {'on the relay p50':>17} {'p95':>7} {'on a screen p50':>16} {'p95':>7}"
              f" {'back p50':>9} {'p95':>7} {'sent KB':>8}")
        for rate in RATES_KBIT_S:
            links[0].be(RTT_S, rate, LOSS)
            runs = [one_alert(aigul, online, people[4], links[0]) for _ in range(arguments.runs)]
            columns = [[run[0] for run in runs], [came for run in runs for came in run[1]], [run[2] for run in runs]]
            times = [percentile(column, share) for column in columns for share in (0.5, 0.95)]
            kilobytes = percentile([run[3] for run in runs], 0.5) / 1000
            print(f"{rate:>4} kbit/s   " + "{:15.2f} s {:5.2f} s {:14.2f} s {:5.2f} s {:7.2f} s {:5.2f} s".format(*times) +
                  f" {kilobytes:8.1f}", flush=True)


if __name__ == "__main__":
    main()
