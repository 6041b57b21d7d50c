#!/usr/bin/env python3
"""Journeys of consent, plans, readiness and drills, with real processes over real TLS.

    people_test.py --vigild PROGRAM --vigil PROGRAM [--only NAME]       or:  people_test.py BUILD-FOLDER [--only NAME]
"""

import pathlib
import shutil
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from clocks import wrong_clock  # noqa: E402
from house import House, run_journeys, search  # noqa: E402

PLAN = ["Call Maria, not the family", "Go in twos", "", "Aigul Serikova", "insulin, morning and evening", "Uncle Bolat, her boss",
        "the cat is fed", "give my love to grandmother"]


class People(unittest.TestCase):
    """Aigul is in danger, Dana and Boris are her people; they have met her and not each other."""

    def setUp(self):
        self.house = House()
        self.relay = self.house.relay(lease_s=10, first_rounds_s=[60, 60, 60])
        self.aigul, self.dana, self.boris = (self.house.person(name, self.relay) for name in ("Aigul", "Dana", "Boris"))
        self.dana.meet(self.aigul)

    def tearDown(self):
        self.house.__exit__()

    def test_nobody_is_woken_without_having_said_yes(self):
        refused = self.aigul.run("tiers", "set", lines=["Dana", ""], code=4)
        self.assertIn("Dana has not said that your alert may wake her", refused.wait(1, "error")["words"])
        self.aigul.run("ask", "Dana")
        # Asked is not accepted; and declined is not either.
        self.aigul.run("tiers", "set", lines=["Dana", ""], code=4)
        dana = self.dana.listen()
        dana.wait(20, "asked", name="Aigul", lawyer=False)
        dana.interrupt()
        self.dana.run("duty", "show").wait(1, "duty", name="Aigul", word="asked")
        self.dana.run("duty", "decline", "Aigul").wait(1, "duty", word="declined")
        own = self.aigul.listen()
        own.wait(20, "consent", name="Dana", word="declined")
        self.aigul.run("tiers", "set", lines=["Dana", ""], code=4)
        # She may change her mind; then it holds.
        self.dana.run("duty", "accept", "Aigul", "--days", "mon-fri", "--hours", "22-8")
        own.wait(20, "consent", name="Dana", word="accepted", hours="mon-fri 22:00-08:00")
        self.aigul.run("tiers", "set", lines=["Dana", ""]).wait(1, "tiers_set", responders=1, prepared=4)
        # A word that was never asked for counts as nothing.
        self.boris.meet(self.aigul)
        self.boris.run("duty", "accept", "Aigul", code=1)

    def test_off_duty_is_out_of_the_next_alert_and_told_at_once_and_leaving_needs_no_word(self):
        self.boris.meet(self.aigul)
        self.aigul.tiers([self.dana], [self.boris])
        own, dana, boris = self.aigul.listen(), self.dana.listen(), self.boris.listen()
        self.dana.run("duty", "off", "--for", "8h").wait(1, "duty", word="off_duty")
        told = own.wait(20, "consent", name="Dana", word="off_duty")
        self.assertAlmostEqual(told["until_s"] - told["at_s"], 8 * 3600, delta=60)
        own.wait(20, "tier_empty", tier=1)
        own.wait(20, "upkeep", prepared=4, responders=1)
        alert = self.aigul.press()["alert"]
        boris.wait(15, "alert", alert=alert, rings=True)
        dana.never(2, "alert")
        self.aigul.run("cancel")
        mark = own.mark()
        self.dana.run("duty", "on")
        own.wait(20, "consent", since=mark, name="Dana", word="on_duty")
        own.wait(20, "upkeep", since=mark, responders=2)
        mark = own.mark()
        self.boris.run("duty", "leave", "Aigul").wait(1, "duty", word="left")
        own.wait(20, "consent", since=mark, name="Boris", word="left")
        own.wait(20, "upkeep", since=mark, responders=1)
        tiers = self.aigul.run("tiers", "show").events
        self.assertEqual([event["names"] for event in tiers if event["event"] == "tier"], [["Dana"]])

    def test_outside_her_hours_an_alert_is_shown_and_does_not_ring(self):
        # Her hours are those that begin in two hours and last one: not now.
        hour = time.localtime().tm_hour
        self.aigul.ask(self.dana, words=("--hours", f"{(hour + 2) % 24}-{(hour + 3) % 24}"))
        self.aigul.tiers([self.dana], asked=False)
        told = pathlib.Path(self.house.folder) / "rung"
        dana = self.dana.listen("--on-alert", f"touch {told}")
        self.aigul.press()
        dana.wait(15, "alert", first=True, rings=False)
        dana.wait(15, "state", state="unanswered")
        # What it has started by now had a second to leave its mark.
        dana.interrupt()
        until = time.monotonic() + 1
        while time.monotonic() < until:
            self.assertFalse(told.exists())
            time.sleep(0.05)
        uncovered = self.aigul.run("plan", "check", code=11).wait(1, "plan_check", what="uncovered")
        self.assertFalse(uncovered["good"])

    def test_a_plan_is_read_in_an_alert_and_not_before_and_not_in_a_drill_and_responders_reach_each_other(self):
        self.boris.meet(self.aigul)
        self.aigul.tiers([self.dana], 15, [self.boris])
        for person in (self.dana, self.boris):
            person.keeps_plan(self.aigul)
        own = self.aigul.listen()
        self.aigul.run("plan", "edit", lines=PLAN).wait(1, "plan_edited", people=2, prepared=4)
        for person in (self.dana, self.boris):
            person.keeps_plan(self.aigul)
        # Sealed: neither the relay nor the responders' own folders have a word of it.
        secrets = {line: line.encode() for line in PLAN if line}
        for home in (self.dana.home, self.boris.home, self.aigul.home, self.relay.data):
            self.assertEqual(search(home, secrets), [])
        dana, boris = self.dana.listen(), self.boris.listen()
        self.aigul.press("--drill")
        drill = dana.wait(15, "alert", first=True, drill=True)
        boris.wait(40, "alert", first=True, drill=True)
        dana.wait(10, "state", alert=drill["alert"], drill=True)
        for talk in (dana, boris):
            talk.never(2, "plan")
        self.aigul.run("cancel")
        dana.wait(10, "ending", alert=drill["alert"], drill=True)
        mark = dana.mark()
        alert = self.aigul.press()["alert"]
        self.assertNotEqual(alert, drill["alert"])
        dana.wait(15, "alert", since=mark, first=True, alert=alert, drill=False)
        plan = dana.wait(10, "plan", since=mark, alert=alert)
        self.assertEqual(plan["actions"], PLAN[:2])
        self.assertEqual((plan["station_name"], plan["medication"]), (PLAN[3], PLAN[4]))
        self.assertEqual(plan["never_tell"], ["Uncle Bolat", "her boss"])
        self.assertEqual((plan["phrase_free"], plan["phrase_forced"]), (PLAN[6], PLAN[7]))
        self.assertEqual(plan["people"], ["Dana", "Boris"])
        # Dana and Boris have never met. She writes before his tier is rung: it waits on his phone for the plan that names her.
        self.assertFalse([e for e in self.dana.run("contacts").events if e.get("name") == "Boris"])
        self.dana.run("contacts", "--all").wait(1, "contact", name="Boris", through=True, checked=False)
        self.dana.run("send", "Boris", lines=["I am on my way to the station"])
        boris.wait(40, "plan", alert=alert)
        boris.wait(15, "text", name="Dana", text="I am on my way to the station")
        order = [event["event"] for event in boris.events if event["event"] in ("plan", "text")]
        self.assertEqual(order, ["plan", "text"])
        self.boris.run("send", "Dana", lines=["I call the lawyer"])
        dana.wait(15, "text", name="Boris", text="I call the lawyer")
        # Whoever is known from a plan only is nobody's responder.
        self.assertIn("only from somebody's plan", self.dana.run("ask", "Boris", code=1).wait(1, "error")["words"])

    def test_ready_is_red_with_a_name_and_a_next_step_and_green_after_a_drill_that_two_people_answered(self):
        self.boris.meet(self.aigul)
        self.aigul.run("ready", code=11).wait(1, "ready_line", what="no_tiers", colour="red")
        self.aigul.ask(self.dana, self.boris, lawyers=[self.boris])
        self.aigul.tiers([self.dana], [self.boris], asked=False)
        for person in (self.dana, self.boris):
            person.keeps_plan(self.aigul)
        red = self.aigul.run("ready", code=11)
        self.assertIn("vigil drill", red.wait(1, "ready_line", what="drill_due", colour="red")["words"])
        lawyer = red.wait(1, "ready_line", what="lawyer_drill_due", colour="red", name="Boris")
        self.assertIn("vigil drill --lawyer --at", lawyer["words"])
        self.assertEqual(self.reds(red), ["drill_due", "lawyer_drill_due"])

        own, dana, boris = self.aigul.listen(), self.dana.listen(), self.boris.listen()
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() + 86400))
        self.aigul.run("drill", "--lawyer", "--at", at).wait(1, "booking", name="Boris", cancelled=False)
        boris.wait(15, "drill_booked", name="Aigul", cancelled=False)
        self.assertEqual(self.reds(self.aigul.run("ready", code=11)), ["drill_due"])

        # Boris alone, whatever tier he is in; Dana hears nothing.
        alone = self.aigul.run("drill", "--lawyer", "--now").wait(1, "state", state="on_relay", drill=True)["alert"]
        boris.wait(15, "alert", alert=alone, drill=True)
        self.boris.run("answer")
        own.wait(15, "state", alert=alone, state="answering", name="Boris", drill=True)
        dana.never(2, "alert")
        self.aigul.run("cancel")
        boris.wait(15, "ending", alert=alone, drill=True)
        lawyer = self.aigul.run("ready", code=11)
        lawyer.wait(1, "ready_line", what="lawyer_drill", colour="green", name="Boris")
        self.assertEqual(self.reds(lawyer), ["drill_due"])

        # One person is not enough, two are.
        drill = self.aigul.run("drill", "--now", pin=False).wait(1, "state", state="on_relay", drill=True)["alert"]
        dana.wait(15, "alert", alert=drill, drill=True)
        dana.say()
        dana.wait(10, "seen", drill=True)
        own.wait(15, "receipt", alert=drill, name="Dana", kind="seen", drill=True)
        self.aigul.run("ready", code=11).wait(1, "ready_line", what="drill_unanswered", colour="red")
        boris.wait(15, "alert", alert=drill, drill=True)
        self.boris.run("answer", drill[:8])
        own.wait(15, "state", alert=drill, state="answering", name="Boris", drill=True)
        # While the drill goes on, a press is meant, and is an alert of its own.
        real = self.aigul.press()
        self.assertNotEqual(real["alert"], drill)
        dana.wait(15, "alert", alert=real["alert"], drill=False)
        self.aigul.run("cancel")
        self.aigul.run("cancel")
        # Their phones say within a minute that they have the plan.
        deadline = time.monotonic() + 100
        while True:
            green = self.aigul.run("ready")
            people = {e["name"] for e in green.events if e["event"] == "ready_line" and e["what"] == "person"}
            if people == {"Dana", "Boris"}:
                break
            self.assertLess(time.monotonic(), deadline, green.events)
        green.wait(1, "readiness", good=True)
        green.wait(1, "ready_line", what="drill", colour="green")
        green.wait(1, "ready_line", what="one_relay", colour="advice")

        # The relay has lost everything: nobody can be reached, and it says whom to meet.
        own.interrupt()
        self.relay.stop()
        shutil.rmtree(self.relay.data / "store")
        self.relay.start()
        lost = self.aigul.run("ready", code=11)
        lost.wait(1, "ready_line", what="relay_refuses", colour="red")
        refused = lost.wait(1, "ready_line", what="address_refused", colour="red", name="Dana")
        self.assertIn("meet again", refused["words"])

    def test_an_address_is_asked_about_within_ten_days_and_its_owner_hears_nothing(self):
        self.aigul.tiers([self.dana])
        dana = self.dana.listen()
        # When it is asked about was drawn when the tiers were set. Ten days later, by her phone's clock only:
        mark = dana.mark()
        own = self.aigul.start("listen", environment=wrong_clock(self.house.vigil, 10 * 86_400))
        own.wait(60, "probed", name="Dana", good=True)
        dana.never(2, since=mark, event=lambda kind: kind not in ("plan_kept", "upkeep"))

    def reds(self, talk):
        return [event["what"] for event in talk.events if event["event"] == "ready_line" and event["colour"] == "red"]


if __name__ == "__main__":
    run_journeys("Consent, plans, readiness and drills, with real processes over real TLS.", People)
