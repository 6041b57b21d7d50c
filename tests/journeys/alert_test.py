#!/usr/bin/env python3
"""Journeys of an alert's life, with real processes over real TLS: pressed twice, ladders that nobody answers.

    alert_test.py --vigild PROGRAM --vigil PROGRAM [--only NAME]       or:  alert_test.py BUILD-FOLDER [--only NAME]
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from clocks import wrong_clock  # noqa: E402
from house import Journey, run_journeys  # noqa: E402


class PressedAgain(Journey):
    @classmethod
    def enter(cls):
        cls.relay, cls.aigul, cls.dana, cls.erik = cls.house.circle_of("Aigul", "Dana", "Erik", tiers=False, lease_s=10)
        cls.aigul.tiers([cls.dana], 300, [cls.erik])

    def tearDown(self):
        self.leave_quiet(self.aigul, self.dana, self.erik)

    def test_a_second_press_within_the_hold_goes_out_at_once_and_says_so(self):
        dana, erik, own = self.dana.listen(), self.erik.listen(), self.aigul.listen()
        first = self.aigul.start("alert", pin=False)
        waits = first.wait(10, "state", state="waits")
        again = self.aigul.run("alert", pin=False)
        rung = dana.wait(5, "alert", alert=waits["alert"], first=True)
        self.assertLess(rung["came"] - waits["came"], 8)  # the hold is 10 s
        self.assertEqual(rung["pressed_again"], 1)
        again.wait(1, "state", alert=waits["alert"], pressed_again=1)
        # Once: what is told straight is what the ladder has just brought.
        dana.never(3, "alert", first=False)
        erik.never(1, "alert")
        own.wait(1, "locked")

    def test_a_second_press_after_it_went_out_rings_those_who_have_it_and_nobody_else(self):
        dana, erik = self.dana.listen(), self.erik.listen()
        alert = self.aigul.press()["alert"]
        dana.wait(10, "alert", alert=alert, first=True, pressed_again=None)
        dana.say()
        dana.wait(5, "seen", alert=alert)
        self.aigul.run("alert", "--now", pin=False).wait(1, "state", alert=alert, pressed_again=1)
        dana.wait(5, "alert", alert=alert, first=False, pressed_again=1, round=1)
        self.assertEqual(dana.rings(alert), 2)
        # It is one alert still, answered as one, and her own screen says the same.
        self.dana.run("answer", alert[:8]).wait(1, "answered", yours=True)
        self.aigul.listen().wait(10, "state", alert=alert, state="answering", pressed_again=1)
        self.aigul.run("alert", "--now", pin=False).wait(1, "state", alert=alert, pressed_again=2)
        dana.never(3, "alert", since=dana.mark())
        erik.never(1, "alert")
        kinds = [entry["kind"] for entry in self.dana.run("timeline", alert[:8]).events if entry["event"] == "entry"]
        self.assertEqual(kinds.count("pressed_again"), 1)


class Drills(Journey):
    @classmethod
    def enter(cls):
        cls.relay, cls.aigul, cls.boris, cls.dana = cls.house.circle_of("Aigul", "Boris", "Dana", tiers=False, lease_s=10)
        cls.aigul.ask(cls.boris, cls.dana, lawyers=[cls.boris])
        cls.aigul.tiers([cls.dana], 300, [cls.boris], asked=False)

    def tearDown(self):
        self.leave_quiet(self.aigul, self.boris, self.dana)

    def test_a_booked_drill_that_is_called_off_is_taken_back_from_her_lawyer_and_counts_for_nothing(self):
        boris, dana = self.boris.listen(), self.dana.listen()
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() + 86400))
        self.aigul.run("drill", "--call-off", code=1)  # without --lawyer it is no command
        booked = self.aigul.run("drill", "--lawyer", "--at", at).wait(1, "booking", name="Boris", cancelled=False)
        heard = boris.wait(15, "drill_booked", name="Aigul", cancelled=False)
        self.assertEqual(heard["for_s"], booked["for_s"])
        off = self.aigul.run("drill", "--lawyer", "--call-off").wait(1, "booking", name="Boris", cancelled=True)
        self.assertEqual(off["for_s"], booked["for_s"])
        boris.wait(15, "drill_booked", name="Aigul", cancelled=True, for_s=booked["for_s"])
        dana.never(1, event=lambda kind: kind in ("drill_booked", "alert"))
        # She is told to have one as if it had never been booked, and there is nothing more to call off.
        self.aigul.run("ready", code=11).wait(1, "ready_line", what="lawyer_drill_due", colour="red", name="Boris")
        self.aigul.run("drill", "--lawyer", "--call-off", code=1)
        # The day comes: her own device reminds her of nothing.
        later = self.aigul.start("listen", environment=wrong_clock(self.house.vigil, 86_400 + 60))
        later.wait(60, "ready")
        later.never(4, "drill_due")

    def test_every_line_about_a_drill_says_so(self):
        dana, boris = self.dana.listen(), self.boris.listen()
        drill = self.aigul.run("drill", "--now", pin=False).wait(1, "state", state="on_relay", drill=True)["alert"]
        dana.wait(15, "alert", alert=drill, drill=True)
        self.dana.run("answer").wait(1, "answered", alert=drill, yours=True, drill=True)
        self.dana.run("note", drill[:8], lines=["the line is good"], code=None).wait(1, "noted", drill=True)
        self.dana.run("all-clear", drill[:8]).wait(1, "closed", counted=True, drill=True)
        self.dana.run("give-back", drill[:8]).wait(1, "answered", alert=drill, drill=True)
        boris.wait(15, "alert", alert=drill, drill=True)
        told = self.dana.run("timeline", drill[:8])
        self.aigul.run("cancel").wait(1, "cancelled", alert=drill, drill=True)
        dana.wait(15, "ending", alert=drill, drill=True)
        for talk in (dana, boris, told):
            for event in talk.events:
                if event.get("alert") == drill:
                    self.assertTrue(event.get("drill"), event)
        # And nothing about an alert that is none.
        real = self.aigul.press()["alert"]
        dana.wait(15, "alert", alert=real, drill=False)
        self.assertNotIn("drill", self.dana.run("answer", real[:8]).wait(1, "answered", alert=real))
        self.assertNotIn("drill", self.aigul.run("cancel").wait(1, "cancelled", alert=real))


class Ladder(Journey):
    """Three tiers, and nobody answers. Tiers 6 s apart, rounds 15 s after the last tier."""

    STEP, ROUND = 6, 15

    @classmethod
    def enter(cls):
        cls.relay, cls.aigul, cls.dana, cls.boris, cls.clara = cls.house.circle_of(
            "Aigul", "Dana", "Boris", "Clara", tiers=False, lease_s=20, first_rounds_s=[cls.ROUND] * 3)
        cls.aigul.tiers([cls.dana], cls.STEP, [cls.boris], cls.STEP, [cls.clara])

    def tearDown(self):
        if self.relay.process.poll() is not None:
            self.relay.start()
        self.leave_quiet(self.aigul, self.dana, self.boris, self.clara)

    def on_time(self, event, due, late=3):
        """due: seconds on the same clock as 'came'."""
        self.assertGreater(event["came"] - due, -1.5, event)
        self.assertLess(event["came"] - due, late, event)

    def test_each_rung_comes_on_time_and_rounds_follow(self):
        talks = [person.listen() for person in (self.dana, self.boris, self.clara)]
        alert = self.aigul.press()["alert"]
        began = talks[0].wait(10, "alert", alert=alert, first=True, round=1, stage=0)["came"]
        for rung, talk in enumerate(talks):
            self.on_time(talk.wait(20, "alert", alert=alert, first=True, round=1, stage=rung), began + rung * self.STEP)
        again = began + 2 * self.STEP + self.ROUND
        for rung, talk in enumerate(talks):
            rang = talk.wait(40, "alert", alert=alert, first=False, round=2, stage=rung)
            self.on_time(rang, again + rung * self.STEP)
            self.assertEqual(talk.rings(alert), 2)
        talks[0].wait(1, "state", alert=alert, state="nobody")

    def test_the_relay_is_killed_in_the_middle_and_the_ladder_goes_on_each_rung_once(self):
        talks = [person.listen() for person in (self.dana, self.boris, self.clara)]
        alert = self.aigul.press()["alert"]
        talks[0].wait(10, "alert", alert=alert, round=1)
        began = talks[1].wait(20, "alert", alert=alert, round=1, stage=1)["came"]
        self.relay.kill()  # SIGKILL, between two rungs
        time.sleep(1)
        self.relay.start()
        # Those who listen come back within their own time to try again.
        talks[2].wait(40, "alert", alert=alert, first=True, round=1, stage=2)
        second = talks[0].wait(60, "alert", alert=alert, first=False, round=2, stage=0)
        self.on_time(second, began + self.STEP + self.ROUND, late=12)
        for talk in talks:
            talk.wait(30, "alert", alert=alert, round=2)
            rounds = [event["round"] for event in talk.events if event["event"] == "alert"]
            self.assertEqual(rounds, sorted(set(rounds)), talk.name)

    def test_the_first_answer_pauses_everywhere_within_five_seconds_and_give_back_leaves_no_owner(self):
        own = self.aigul.listen()
        talks = [person.listen() for person in (self.dana, self.boris, self.clara)]
        drill = self.aigul.run("drill", "--now", pin=False).wait(1, "state", state="on_relay")["alert"]
        for talk in talks[:2]:
            talk.wait(20, "alert", alert=drill, first=True)
        answered = self.boris.run("answer", drill[:8]).wait(1, "answered", yours=True)
        for talk in (own, talks[0], talks[1]):
            shown = talk.wait(5, "state", alert=drill, state="answering")
            self.assertLess(shown["came"] - answered["came"], 5)
            self.assertEqual(shown.get("name"), "Boris")
        # Clara's turn was 6 s after Boris's; the lease is 20 s.
        talks[2].never(self.STEP + 4, "alert", alert=drill)
        mark = [talk.mark() for talk in (own, *talks)]
        given = self.boris.run("give-back", drill[:8]).wait(1, "answered")
        rung = talks[2].wait(5, "alert", since=mark[3], alert=drill, first=True, stage=2)
        self.assertLess(rung["came"] - given["came"], 5)
        for talk, since in zip((own, talks[0], talks[1]), mark):
            talk.wait(5, "notice", since=since, alert=drill, act="given_back", name="Boris")
            talk.wait(5, "state", since=since, alert=drill, state=lambda state: state != "answering")
        # Whoever comes next is the one; nobody is »somebody else«.
        self.clara.run("answer", drill[:8]).wait(1, "answered", yours=True)


if __name__ == "__main__":
    run_journeys("An alert's life, with real processes over real TLS.", PressedAgain, Drills, Ladder)
