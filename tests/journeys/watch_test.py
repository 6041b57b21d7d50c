#!/usr/bin/env python3
"""Journeys of check-ins and places, with real processes over real TLS. Check-ins last seconds here: --every and --grace say so.

    watch_test.py --vigild PROGRAM --vigil PROGRAM [--only NAME]       or:  watch_test.py BUILD-FOLDER [--only NAME]
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from drive import DRIVE, Drive  # noqa: E402
from clocks import JumpingClock  # noqa: E402
from house import Journey, files_below, free_port, run_journeys  # noqa: E402
from quiet_pin import Boxes  # noqa: E402


class Watch(Journey):
    @classmethod
    def enter(cls):
        cls.relay, cls.aigul, cls.dana = cls.house.circle_of("Aigul", "Dana", lease_s=10, outage_grace_s=3)

    def tearDown(self):
        self.aigul.run("checkin", "stop", code=None)
        self.aigul.run("share", "stop", code=None)
        self.leave_quiet(self.aigul, self.dana)


class CheckIns(Watch):
    def start(self, every, grace, *more):
        talk = self.aigul.run("checkin", "start", "--every", every, "--grace", grace, *more)
        return talk.wait(1, "check_in", on_relay=True, fired=False)

    def test_silence_brings_the_last_fixes_to_her_people_and_a_phone_left_on_keeps_nothing_alive(self):
        dana = self.dana.listen()
        drive = Drive(DRIVE, pathlib.Path(self.house.folder) / "check.nmea").start()
        begun = self.start("15s", "5s", "--fix", drive.into)
        dana.wait(10, "watched", name="Aigul", kind="begun", counts_from_s=begun["due_s"])
        # Her phone lies in a drawer, switched on: it reminds, and keeps the places in the copies fresh.
        watch = self.aigul.start("checkin", "watch", "--fix", drive.into, pin=False)
        watch.wait(25, "check_in_reminder")
        rung = dana.wait(60, "alert", first=True, check_in=True, many_silent=False)
        drive.stop()
        late = time.time() - begun["due_s"]
        self.assertGreater(late, -2)
        self.assertLess(late, 60)
        self.assertEqual(len(rung["fixes"]), 12)
        self.assertGreater(rung["fixes"][0]["at_s"], begun["at_s"] + 5)  # of the drawer, not of the beginning
        watch.wait(20, "check_in_fired")
        where = self.dana.run("where", "Aigul").wait(1, "trail", exact=True)
        self.assertAlmostEqual(where["lat"], rung["fixes"][0]["lat"], places=6)
        self.aigul.run("checkin", "stop").wait(1, "check_in", ended=True)
        dana.wait(10, "ending", forced=False)

    def test_a_listen_that_locked_itself_keeps_the_places_fresh_and_cannot_move_the_hour(self):
        dana = self.dana.listen()
        drive = Drive(DRIVE, pathlib.Path(self.house.folder) / "locked.nmea").start()
        begun = self.start("18s", "6s", "--fix", drive.into)
        own = self.aigul.listen("--fix", drive.into, pins=1)
        self.aigul.press()  # now it locks itself
        locked = own.wait(10, "locked")
        rung = dana.wait(60, "alert", first=True, check_in=True)
        drive.stop()
        self.assertGreater(rung["at_s"], begun["due_s"] - 2)
        self.assertLess(rung["at_s"], begun["due_s"] + 30)
        # The last refresh is at most a sixth of the period old.
        self.assertGreater(rung["fixes"][0]["at_s"], locked["at_s"] + 3)
        # Whoever holds the phone reads nothing of it there.
        said = {event["event"] for event in own.events[own.events.index(locked):]}
        self.assertLessEqual(said, {"locked", "sent"})

    def test_an_end_that_she_has_named_reminds_and_ends_nothing(self):
        dana = self.dana.listen()
        begun = self.start("16s", "20s", "--for", "16s")
        self.assertEqual(begun["until_s"], begun["ok_s"] + 16)
        dana.wait(10, "watched", name="Aigul", kind="begun", until_s=begun["until_s"])
        watch = self.aigul.start("checkin", "watch", pin=False)
        ended = watch.wait(25, "check_in_end", come=True)
        self.assertGreaterEqual(ended["at_s"], begun["until_s"])
        self.assertEqual(self.aigul.run("checkin", "ok").wait(1, "check_in", fired=False)["until_s"], begun["until_s"])
        # The end has passed; her silence after it is told all the same.
        shown = self.aigul.run("checkin", "status", pin=False).wait(1, "check_in", on_relay=True)
        self.assertGreater(shown["due_s"], begun["until_s"] + 10)
        dana.wait(80, "alert", first=True, check_in=True)
        self.aigul.run("checkin", "stop").wait(1, "check_in", ended=True)

    def test_an_end_must_be_possible(self):
        self.aigul.run("checkin", "start", "--every", "30m", "--for", "10m", code=1)
        self.aigul.run("checkin", "start", "--every", "30m", "--for", "8d", code=1)
        self.aigul.run("checkin", "start", "--every", "30m", "--for", "tomorrow", code=1)
        self.aigul.run("checkin", "status", pin=False, code=9)

    def test_stop_leaves_no_copy_on_the_disk_of_the_relay(self):
        self.relay.stop()
        # The sealed copies lie in her outbox before they lie on the relay: what is to be searched for is read there.
        self.aigul.run("checkin", "start", "--every", "60s", "--grace", "60s", code=2, within_s=90)
        kept = max((path.read_bytes() for path in files_below(self.aigul.home / "outbox")), key=len)
        self.assertGreater(len(kept), 6000)
        pieces = {at: kept[at:at + 24] for at in range(600, len(kept) - 600, 100)}
        self.relay.start()
        watch = self.aigul.start("checkin", "watch", pin=False)
        deadline = time.monotonic() + 40
        while not self.aigul.run("checkin", "status", pin=False).wait(1, "check_in")["on_relay"]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.5)
        watch.kill()
        self.assertGreater(len(self.relay.search(pieces)), len(pieces) / 2)
        self.aigul.run("checkin", "stop").wait(1, "check_in", ended=True)
        stopped = time.monotonic()
        while self.relay.search(pieces):
            self.assertLess(time.monotonic() - stopped, 90, "sealed copies of a check-in that was stopped lie on the disk")
            time.sleep(1)

    def test_ok_moves_the_hour_and_stop_leaves_no_copy(self):
        dana = self.dana.listen()
        begun = self.start("16s", "8s")
        for _ in range(2):
            time.sleep(5)  # her time passes
            said = self.aigul.run("checkin", "ok").wait(1, "check_in", fired=False)
            self.assertGreaterEqual(said["due_s"], said["at_s"] + 20)
            dana.wait(10, "watched", kind="goes_on", counts_from_s=lambda at: abs(at - said["due_s"]) <= 2)
        self.assertGreater(said["due_s"], begun["due_s"] + 7)
        shown = self.aigul.run("checkin", "status", pin=False).wait(1, "check_in", on_relay=True)
        self.assertAlmostEqual(shown["due_s"], said["due_s"], delta=2)
        self.aigul.run("checkin", "stop").wait(1, "check_in", ended=True)
        dana.wait(10, "watched", kind="ended")
        dana.never(said["due_s"] + 4 - time.time(), "alert")  # past every hour that was ever said
        self.aigul.run("checkin", "status", pin=False, code=9)

    def test_ok_without_a_network_is_not_kept_for_later_and_says_so(self):
        begun = self.start("40s", "20s")
        self.relay.stop()
        try:
            self.aigul.run("checkin", "ok", code=6, within_s=90)
            self.aigul.run("status", "--locked", pin=False).wait(1, "status", outbox=0)
        finally:
            self.relay.start()
        shown = self.aigul.run("checkin", "status", pin=False).wait(1, "check_in")
        self.assertLessEqual(shown["due_s"], begun["due_s"] + 5)

    def test_her_people_are_warned_when_the_relay_that_keeps_watch_is_dark(self):
        dana = self.dana.listen("--dark-after", "4s")
        self.start("60s", "60s")
        dana.wait(10, "watched", kind="begun")
        dana.never(6, "nobody_watches")
        self.relay.stop()
        try:
            dana.wait(20, "nobody_watches", people=1)
        finally:
            self.relay.start()
        dana.wait(40, "nobody_watches", people=0)

    def test_wrong_pin_and_no_check_in(self):
        self.aigul.run("checkin", "ok", code=9)
        self.start("60s", "60s")
        self.aigul.run("checkin", "ok", pin="000000", code=3)
        self.aigul.run("checkin", "stop", pin="000000", code=3)
        self.aigul.run("checkin", "start", code=1)
        self.aigul.run("checkin", "status", pin=False).wait(1, "check_in", on_relay=True)


class QuietPin(Journey):
    """The quiet PIN: whoever looks on sees what he would see with the other one; her people are told. A house for each command:
    what was ended by force goes on."""

    @classmethod
    def enter(cls):
        cls.relay, cls.aigul, cls.dana = cls.house.circle_of("Aigul", "Dana", tiers=False, lease_s=10)
        cls.boxes = Boxes(cls.aigul)
        cls.aigul.tiers([cls.dana])

    def setUp(self):
        self.boxes.use(0)

    def tearDown(self):
        self.boxes.use(0)
        self.aigul.run("checkin", "stop", code=None)
        self.leave_quiet(self.aigul, self.dana)

    def seen(self, *command):
        """What somebody beside her sees of a command: exit code, sentences, and the names and modes of her files after it."""
        ended = subprocess.run([self.house.vigil, *command, "--home", str(self.aigul.home), "--pin-fd", "0"],
                               input=self.aigul.pin + "\n", capture_output=True, text=True, timeout=90)
        files = sorted((str(path.relative_to(self.aigul.home)), path.stat().st_mode) for path in files_below(self.aigul.home))
        return ended.returncode, self.without_times(ended.stdout), self.without_times(ended.stderr), files

    @staticmethod
    def without_times(text):
        text = re.sub(r'"alert":"[0-9a-f]+"', '"alert":"-"', text)
        text = re.sub(r"\b\d\d:\d\d(:\d\d)?\b", "-", text)
        text = re.sub(r"\b\d+ (s|min|h)\b", "-", text)
        return re.sub(r'(_s":)\d+', r"\1-", text)

    def twice(self, before, *command, hears):
        """The same with either box; 'hears' is asked what came to Dana each time."""
        looks = []
        for which in (0, 1):
            self.boxes.use(0)
            dana = self.dana.listen()
            before(dana)
            mark = dana.mark()
            self.boxes.use(which)
            looks.append(self.seen(*command))
            hears(dana, mark, forced=which == 1)
            self.tearDown()
        self.assertEqual(looks[0], looks[1])
        self.assertEqual(looks[0][0], 0, looks[0])

    def begin(self, dana):
        self.aigul.run("checkin", "start", "--every", "30m", "--grace", "15m").wait(1, "check_in", on_relay=True)
        dana.wait(10, "watched", kind="begun")


class ForcedToCancel(QuietPin):
    def test_cancel(self):
        def hears(dana, mark, forced):
            dana.wait(10, "ending", since=mark, forced=forced)
            dana.wait(10, "state", since=mark, state="forced" if forced else "all_clear")

        def press(dana):
            dana.wait(10, "alert", alert=self.aigul.press()["alert"])

        self.twice(press, "cancel", "--json", hears=hears)


class ForcedToCheckIn(QuietPin):
    def test_ok(self):
        def hears(dana, mark, forced):
            dana.wait(10, "watched", since=mark, kind="forced" if forced else "goes_on")

        self.twice(self.begin, "checkin", "ok", "--plain", hears=hears)


class ForcedToStop(QuietPin):
    def test_stop(self):
        def hears(dana, mark, forced):
            dana.wait(10, "watched", since=mark, kind="forced" if forced else "ended")
            # Her own phone says the same either way.
            self.aigul.run("checkin", "status", pin=False, code=9)

        self.twice(self.begin, "checkin", "stop", "--json", hears=hears)

    def test_a_check_in_that_was_stopped_by_force_still_speaks_up(self):
        dana = self.dana.listen()
        due = self.aigul.run("checkin", "start", "--every", "10s", "--grace", "5s").wait(1, "check_in", on_relay=True)["due_s"]
        self.boxes.use(1)
        self.aigul.run("checkin", "stop").wait(1, "check_in", ended=True)
        dana.wait(10, "watched", kind="forced")
        rung = dana.wait(40, "alert", first=True, check_in=True)
        self.assertGreater(rung["at_s"], due - 2)


class Places(Watch):
    def test_coarse_before_an_alert_exact_during_one_and_gone_with_its_end(self):
        dana = self.dana.listen()
        drive = Drive(DRIVE, pathlib.Path(self.house.folder) / "share.nmea").start()
        share = self.aigul.start("share", "start", "--with", "1", "--for", "30s", "--every", "2s", "--fix", drive.into)
        share.wait(20, "share", exact=False)
        self.assertEqual(dana.wait(10, "sharing", name="Aigul")["exact"], False)
        place = dana.wait(15, "place", exact=False)
        # The middle of a cell: its latitude ends in half a hundredth of a degree.
        self.assertAlmostEqual(place["lat"] * 100 % 1, 0.5, delta=1e-4)
        self.aigul.press()
        dana.wait(10, "alert", first=True)
        exact = dana.wait(20, "place", exact=True)
        self.assertGreater(abs(exact["lat"] * 100 % 1 - 0.5), 1e-4)
        # The share's time is over, the alert is not: it goes on.
        mark = dana.mark()
        time.sleep(max(0, share.wait(1, "share")["until_s"] + 2 - time.time()))
        dana.wait(20, "place", since=mark, exact=True)
        self.assertIsNone(share.process.poll())
        self.aigul.run("cancel").wait(1, "cancelled", on_relay=True)
        share.process.stdin.close()  # nobody there to be asked
        share.wait(20, "share_ended")
        self.assertEqual(share.end(20), 0)
        drive.stop()
        dana.wait(10, "sharing", until_s=0)

    def test_a_share_asks_again_after_four_hours_and_ends_after_a_day_whatever_is_said(self):
        drive = Drive(DRIVE, pathlib.Path(self.house.folder) / "day.nmea").start()
        self.addCleanup(drive.stop)
        options = ("--with", "Dana", "--for", "4h", "--fix", drive.into)
        hours = 3600
        # Nobody answers: it ends where it was to end.
        clock = JumpingClock(self.house.vigil, pathlib.Path(self.house.folder) / "quiet-clock")
        quiet = self.aigul.start("share", "start", *options, environment=clock.environment)
        begun = quiet.wait(30, "share")
        quiet.process.stdin.close()
        quiet.never(3, "share_asks")
        clock.jump(4 * hours)
        self.assertGreaterEqual(quiet.wait(20, "share_asks")["at_s"], begun["until_s"])
        quiet.wait(20, "share_ended")
        self.assertEqual(quiet.end(30), 0)
        # Yes, and yes again: the first day is the last.
        clock = JumpingClock(self.house.vigil, pathlib.Path(self.house.folder) / "eager-clock")
        eager = self.aigul.start("share", "start", *options, environment=clock.environment)
        eager.wait(30, "share")
        for _ in range(5):
            mark = eager.mark()
            clock.jump(4 * hours)
            eager.wait(20, "share_asks", since=mark)
            eager.say("yes")
            eager.never(3, "share_ended")
        mark = eager.mark()
        clock.jump(4 * hours)
        eager.wait(20, "share_ended", since=mark)
        self.assertEqual(sum(event["event"] == "share_asks" for event in eager.events), 5)
        self.assertEqual(eager.end(30), 0)

    def test_nothing_is_shared_without_an_end_a_source_and_people(self):
        self.aigul.run("share", "start", "--with", "1", code=1)
        self.aigul.run("share", "start", "--with", "Nobody", "--geojson", "-", code=1)
        self.aigul.run("share", "start", "--with", "1", "--for", "0", "--geojson", "-", code=1)
        self.aigul.run("share", "start", "--with", "1", "--gpsd", "gps.example.org", code=1)
        self.aigul.run("share", "status").wait(1, "share", until_s=0)

    @unittest.skipUnless(shutil.which("gpsfake"), "gpsfake is not installed")
    def test_places_come_from_gpsd(self):
        dana = self.dana.listen()
        port = free_port()
        log = self.house.recorded("gpsd.nmea", 30)
        fake = subprocess.Popen(["gpsfake", "-q", "-c", "0.2", "-P", str(port), str(log)], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            share = self.aigul.start("share", "start", "--with", "Dana", "--exact", "--every", "1s",
                                     "--gpsd", f"127.0.0.1:{port}")
            share.wait(20, "share")
            place = dana.wait(40, "place", exact=True)
            self.assertAlmostEqual(place["lat"], 43.21, delta=0.05)
            share.interrupt()
        finally:
            fake.terminate()
            fake.wait(20)


class Where(Watch):
    """People of their own: newer places of another test would be the last ones."""

    def test_where_speaks_geojson_gpx_and_geo(self):
        dana = self.dana.listen()
        lines = "".join(
            json.dumps({"type": "Feature", "geometry": {"type": "Point", "coordinates": [76.9 + i / 1000, 43.2]},
                        "properties": {"time": int(time.time()) - 3000 + i * 1200, "accuracy": 7}}) + "\n" for i in range(3))
        share = self.aigul.start("share", "start", "--with", "Dana", "--exact", "--every", "1s", "--geojson", "-")
        share.wait(20, "share", exact=True)
        for line in lines.splitlines():
            mark = dana.mark()
            share.say(line)
            dana.wait(15, "place", since=mark, exact=True)
        share.process.stdin.close()
        self.aigul.run("share", "stop").wait(1, "share_ended")
        self.assertEqual(share.end(20), 0)

        def text_of(*options):
            read_end = subprocess.run([self.house.vigil, "where", "Aigul", *options, "--home", str(self.dana.home),
                                       "--pin-fd", "0"], input=self.dana.pin + "\n", capture_output=True, text=True, timeout=60)
            self.assertEqual(read_end.returncode, 0, read_end.stderr)
            return read_end.stdout

        geojson = json.loads(text_of("--geojson"))
        points = [f for f in geojson["features"] if f["geometry"]["type"] == "Point" and f["properties"].get("accuracy") == 7]
        self.assertEqual(len(points), 3)
        self.assertEqual(points[-1]["geometry"]["coordinates"], [76.902, 43.2])
        self.assertEqual(text_of("--geo").strip(), "geo:43.2000000,76.9020000;u=7")
        self.assertGreaterEqual(text_of("--gpx").count("<trkseg>"), 3)  # twenty minutes between them are gaps
        said = text_of("--plain")
        self.assertEqual(said.count("nothing was heard for 20 min"), 2)
        self.assertIn("can be a trap", said)


if __name__ == "__main__":
    run_journeys("Check-ins and places, with real processes over real TLS.", CheckIns, ForcedToCancel, ForcedToCheckIn,
                 ForcedToStop, Places, Where)
