#!/usr/bin/env python3
"""Journeys of the responder's screen, marks, notes, silencing and the timeline, with real processes over real TLS and a pty.

    screen_test.py --vigild PROGRAM --vigil PROGRAM [--only NAME]       or:  screen_test.py BUILD-FOLDER [--only NAME]
"""

import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from drive import DRIVE, Drive  # noqa: E402
from house import Journey, run_journeys  # noqa: E402
from terminal import Terminal  # noqa: E402


class Circle(Journey):
    """Aigul is in danger; Dana sits in front of a terminal, Boris has lines."""

    @classmethod
    def enter(cls):
        cls.relay, cls.aigul, cls.dana, cls.boris = cls.house.circle_of(
            "Aigul", "Dana", "Boris", tiers=False, lease_s=60, first_rounds_s=[300, 300, 300])
        cls.aigul.tiers([cls.dana], 40, [cls.boris])
        for person in (cls.dana, cls.boris):
            person.keeps_plan(cls.aigul)

    def setUp(self):
        self.addCleanup(self.leave_quiet, self.aigul, self.dana, self.boris)  # after whatever a test itself leaves behind

    def screen(self, person, **size):
        terminal = Terminal(person, ["listen"], **size)
        self.addCleanup(terminal.close)
        terminal.wait("relay heard", 30)
        return terminal


class Screens(Circle):
    def test_the_screen_shows_an_alert_a_answers_g_gives_back_and_sigterm_restores_the_terminal(self):
        dana = self.screen(self.dana)
        self.assertTrue(dana.inside)
        self.aigul.press()
        for words in ("PRESS ANY KEY", "WHO      Aigul pressed at", "no answer is known yet",
                      "ANSWERS  nobody, as far as is known", "NEXT     tier 2", " is woken in ", "SAFE?    NOT KNOWN",
                      "WHERE    not known"):
            dana.wait(words)
        dana.press("a")
        dana.wait("you are answering")
        dana.wait("ANSWERS  you, until")
        dana.wait("PRESS ANY KEY", gone=True)
        dana.press("g")
        dana.wait("ANSWERS  nobody, as far as is known")
        # Any size: also one in which nothing fits.
        for columns, rows in ((40, 20), (7, 3), (1, 1), (120, 50)):
            dana.resize(columns, rows)
        dana.wait("WHO      Aigul pressed at")
        self.assertNotEqual(dana.modes()[3], dana.before[3])
        self.assertEqual(dana.end(signal.SIGTERM), 0)
        self.assertFalse(dana.inside)
        self.assertEqual(dana.modes(), dana.before)
        self.assertIn(b"\x1b[?25h", dana.raw[-40:])

    def test_q_asks_and_ends_and_a_crash_restores_the_terminal(self):
        dana = self.screen(self.dana)
        dana.press("q")
        dana.wait("Quit? Nothing rings here then.")
        dana.press("n")
        dana.wait("Quit?", gone=True)
        dana.press("qy")
        self.assertEqual(dana.end(), 0)
        self.assertEqual(dana.modes(), dana.before)
        crashing = self.screen(self.dana)
        self.assertEqual(crashing.end(signal.SIGSEGV), -signal.SIGSEGV)
        self.assertFalse(crashing.inside)
        self.assertEqual(crashing.modes(), crashing.before)

    def test_a_share_that_goes_on_stands_on_the_screen(self):
        lines = self.dana.listen()
        drive = Drive(DRIVE, pathlib.Path(self.house.folder) / "shared.nmea").start()
        self.addCleanup(drive.stop)
        self.addCleanup(self.aigul.run, "share", "stop", code=None)
        share = self.aigul.start("share", "start", "--with", "Dana", "--for", "1h", "--every", "2s", "--fix", drive.into)
        lines.wait(30, "sharing", name="Aigul")
        lines.wait(30, "place", name="Aigul")
        lines.interrupt()
        share.kill()
        # Nothing of it is news to this screen: it knows what goes on.
        dana = self.screen(self.dana)
        dana.wait("Aigul shows you where her phone is")
        dana.wait("Aigul's phone was within about 1 km of")

    def test_marks_and_notes_reach_the_others_and_not_her_and_the_timeline_holds(self):
        dana, boris, own = self.screen(self.dana), self.boris.listen(), self.aigul.listen()
        alert = self.aigul.press()["alert"]
        dana.wait("Aigul pressed at")
        dana.press("a")
        dana.wait("you are answering")
        dana.press("g")
        boris.wait(30, "alert", alert=alert)
        dana.press("m")
        dana.wait("3 held at")
        dana.press("3")
        dana.wait("Where (may be empty):")
        dana.press("Алмалы, 2\n")
        dana.wait("How do you know")
        dana.press("phoned the desk\n")
        marked = boris.wait(20, "mark", alert=alert, name="Dana")
        self.assertEqual((marked["kind"], marked["where"], marked["how"]), ("held at", "Алмалы, 2", "phoned the desk"))
        dana.wait("you: held at")
        self.boris.run("note", lines=["her neighbour saw two men"]).wait(1, "noted", others=1)
        dana.wait("Boris: »her neighbour saw two men«")
        own.never(2, event=lambda kind: kind in ("mark", "note"))
        dana.end(signal.SIGTERM)
        boris.interrupt()
        timeline = self.dana.run("timeline", alert[:8])
        timeline.wait(1, "entry", kind="mark", proof="own", holds=True)
        timeline.wait(1, "entry", kind="note", name="Boris", proof="mac", holds=True)
        timeline.wait(1, "entry", kind="answered", name="you", holds=True)
        timeline.wait(1, "entry", kind="given_back", proof="token")
        timeline.wait(1, "checked", bad=0)
        times = [event["when_s"] for event in timeline.events if event["event"] == "entry"]
        self.assertEqual(times, sorted(times))
        page = pathlib.Path(self.house.folder) / "page.html"
        self.dana.run("timeline", alert[:8], "--print", page, lines=["no"], code=7)
        self.assertFalse(page.exists())
        self.dana.run("timeline", alert[:8], "--print", page, "--yes-plain-text")
        self.assertIn("her neighbour saw two men", page.read_text())
        self.assertEqual(page.stat().st_mode & 0o777, 0o600)


class Silenced(Circle):
    """People of their own: whom Dana has silenced rings at hers in no other test."""

    def test_whoever_silences_a_person_hears_nothing_and_the_others_are_told(self):
        boris = self.boris.listen()
        dana = self.screen(self.dana)
        self.aigul.press()
        dana.wait("Aigul pressed at")
        boris.wait(60, "alert", first=True)
        boris.wait(20, "plan")
        dana.press("s")
        dana.wait("Silence Aigul here for 12 h?")
        dana.press("y")
        dana.wait("You have silenced this person until")
        boris.wait(20, "muted", name="Dana")


if __name__ == "__main__":
    run_journeys("The responder's screen, with real processes over real TLS and a pty.", Screens, Silenced)
