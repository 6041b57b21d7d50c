#!/usr/bin/env python3
"""Two relays: an alert, its answer and its end go over both and arrive once, also while one of them is dark.

    two_relays_test.py --vigild PROGRAM --vigil PROGRAM       or:  two_relays_test.py BUILD-FOLDER
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from house import Journey, numbers, run_journeys, until  # noqa: E402


def acknowledged(relay):
    """How many copies this relay has handed over for good."""
    return numbers(relay)["store_acknowledged"]


class TwoRelays(Journey):
    """Everybody has a mailbox on both relays."""

    @classmethod
    def enter(cls):
        limits = {"lease_s": 40, "first_rounds_s": [60, 60, 60]}
        cls.near, cls.far = cls.house.relay(**limits), cls.house.relay(**limits)
        cls.aigul, cls.dana, cls.boris = (cls.house.person(name, cls.near) for name in ("Aigul", "Dana", "Boris"))
        for person in (cls.aigul, cls.dana, cls.boris):
            person.join(cls.far.invites(1)[0])
        cls.dana.meet(cls.aigul)
        cls.boris.meet(cls.aigul)
        cls.aigul.tiers([cls.dana], 15, [cls.boris])

    def tearDown(self):
        for relay in (self.near, self.far):
            if relay.process.poll() is not None:
                relay.start()
        self.leave_quiet(self.aigul, self.dana, self.boris)

    def listen(self, person):
        talk = person.listen()
        talk.wait(40, "ready", relays=2)
        return talk

    def test_an_alert_over_both_rings_once_and_one_answer_pauses_both(self):
        own, dana, boris = (self.listen(person) for person in (self.aigul, self.dana, self.boris))
        alert = self.aigul.press()["alert"]
        dana.wait(10, "alert", alert=alert, first=True)
        self.dana.run("answer").wait(1, "answered", yours=True)
        own.wait(10, "state", alert=alert, state="answering", name="Dana")
        # Tier 2 is due 15 s after tier 1 at either relay, and is not woken while the lease of 40 s lasts at both.
        boris.never(18, "alert", alert=alert)
        self.assertEqual(dana.rings(alert), 1)
        self.aigul.run("cancel").wait(1, "cancelled", on_relay=True)
        dana.wait(10, "state", alert=alert, state="all_clear")

    def test_one_relay_is_dark_when_she_presses_and_its_ladder_learns_the_answer_when_it_comes_back(self):
        own, dana, boris = (self.listen(person) for person in (self.aigul, self.dana, self.boris))
        self.far.kill()
        alert = self.aigul.start("alert", "--now", pin=False).wait(20, "state", state="on_relay")["alert"]
        dana.wait(10, "alert", alert=alert, first=True)
        self.dana.run("answer").wait(1, "answered", yours=True)
        own.wait(10, "state", alert=alert, state="answering", name="Dana")
        # The other half of the alert lies in her outbox; it reaches the other relay when that is back, and Dana, who is
        # answering, says so there too: nobody else is woken.
        mark = dana.mark()
        self.far.start()
        dana.wait(60, "connected", since=mark)
        dana.wait(30, "answered_elsewhere", alert=alert)
        boris.never(18, "alert", alert=alert)
        self.assertEqual(dana.rings(alert), 1)

    def test_all_clear_by_two_reaches_a_relay_that_was_dark(self):
        dana, boris = (self.listen(person) for person in (self.dana, self.boris))
        before = acknowledged(self.far)
        alert = self.aigul.press()["alert"]
        dana.wait(10, "alert", alert=alert, first=True)
        boris.wait(40, "alert", alert=alert, first=True)
        # Both have it from both relays. Who had it from one only cannot close the other's ladder, which then rings again.
        until(lambda: acknowledged(self.far) >= before + 2, "both have the alert from the far relay, too", 20)
        self.far.kill()
        self.dana.run("answer", within_s=90).wait(1, "answered", yours=True)
        self.dana.run("all-clear", within_s=90).wait(1, "closed", counted=True)
        self.boris.run("all-clear", within_s=90)
        dana.wait(10, "state", alert=alert, state="all_clear")
        mark = dana.mark()
        self.far.start()
        # The ladder of the relay that was dark ends too: its notices say so, and nobody is woken by it again.
        dana.wait(60, "notice", since=mark, alert=alert, act="closed")
        dana.never(8, "alert", since=mark, alert=alert)


class CheckInOverTwo(Journey):
    """A check-in that two relays keep: one of them is enough, and silence is told once."""

    @classmethod
    def enter(cls):
        cls.near, cls.far = (cls.house.relay(lease_s=40, outage_grace_s=3) for _ in range(2))
        cls.aigul, cls.dana = (cls.house.person(name, cls.near) for name in ("Aigul", "Dana"))
        for person in (cls.aigul, cls.dana):
            person.join(cls.far.invites(1)[0])
        cls.dana.meet(cls.aigul)
        cls.aigul.tiers([cls.dana])

    def tearDown(self):
        for relay in (self.near, self.far):
            if relay.process.poll() is not None:
                relay.start()
        self.aigul.run("checkin", "stop", code=None)
        self.leave_quiet(self.aigul, self.dana)

    def listen(self):
        talk = self.dana.listen("--dark-after", "4s")
        talk.wait(40, "ready", relays=2)
        return talk

    def start(self, every, grace):
        talk = self.aigul.run("checkin", "start", "--every", every, "--grace", grace)
        return talk.wait(1, "check_in", on_relay=True, relays=2)

    def test_silence_is_told_by_both_and_rings_once(self):
        dana = self.listen()
        begun = self.start("12s", "4s")
        rung = dana.wait(40, "alert", first=True, check_in=True)
        self.assertGreater(rung["at_s"], begun["due_s"] - 2)
        dana.never(6, "alert", since=dana.mark())
        self.assertEqual(dana.rings(rung["alert"]), 1)
        self.dana.run("answer").wait(1, "answered", yours=True)
        self.aigul.run("checkin", "stop").wait(1, "check_in", ended=True)
        dana.wait(15, "ending", forced=False)

    def test_ok_counts_at_both_and_stop_ends_both(self):
        dana = self.listen()
        self.start("14s", "6s")
        time.sleep(6)
        said = self.aigul.run("checkin", "ok").wait(1, "check_in", relays=2)
        self.assertGreaterEqual(said["due_s"], said["at_s"] + 17)  # of the relay that would tell first
        self.aigul.run("checkin", "stop").wait(1, "check_in", ended=True)
        dana.never(said["due_s"] + 4 - time.time(), "alert")

    def test_one_relay_dies_and_the_other_keeps_watch_and_tells(self):
        dana = self.listen()
        begun = self.start("16s", "6s")
        self.near.kill()
        dana.wait(20, "dark")
        dana.never(6, "nobody_watches", people=1)  # the other one does
        shown = self.aigul.run("checkin", "status", pin=False, within_s=90).wait(1, "check_in", on_relay=True)
        self.assertLessEqual(abs(shown["due_s"] - begun["due_s"]), 2)
        rung = dana.wait(60, "alert", first=True, check_in=True)
        # The one that was down has the same silence to tell when it is back: the same alert, no second ring.
        mark = dana.mark()
        self.near.start()
        dana.wait(60, "connected", since=mark)
        dana.never(10, "alert", since=mark)
        self.assertEqual(dana.rings(rung["alert"]), 1)


if __name__ == "__main__":
    run_journeys("An alert over two relays, with real processes over real TLS.", TwoRelays, CheckInOverTwo)
