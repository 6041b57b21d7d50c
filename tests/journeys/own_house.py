"""Journeys that break something: each makes a relay and people of its own. Run by journeys_test.py."""

import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

from clocks import wrong_clock
from house import House


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Withdrawn(unittest.TestCase):
    """Aigul takes back what she gave to Dana. Boris, beside her, notices nothing."""

    def test_one_contact_can_no_longer_write_or_wake_and_the_others_still_can(self):
        with House() as house:
            _, aigul, dana, boris = house.circle_of("Aigul", "Dana", "Boris", tiers=False)
            aigul.tiers([dana], [boris])
            dana.tiers([aigul])
            boris.tiers([aigul])
            said = aigul.run("withdraw", "Dana", lines=["no"], code=7).wait(1, "error")["words"]
            self.assertIn("Nothing was changed", said)
            dana.run("send", "Aigul", lines=["before"]).wait(1, "sent")
            own = aigul.listen()
            own.wait(10, "text", text="before", name="Dana")

            done = aigul.run("withdraw", "Dana", lines=["yes"])
            done.wait(1, "withdrawn", name="Dana", on_relay=True, was_woken=True, responders=1)
            marks = {event["name"]: event["withdrawn"] for event in aigul.run("contacts").events if event["event"] == "contact"}
            self.assertEqual(marks, {"Dana": True, "Boris": False})

            refused = dana.run("send", "Aigul", lines=["after"], code=4).wait(1, "error")["words"]
            self.assertIn("Aigul cannot be reached", refused)
            self.assertIn("meet again", refused)
            refused = dana.run("alert", "--now", pin=False, code=4).wait(1, "error")["words"]
            self.assertIn("can be reached", refused)
            self.assertIn("Call somebody", refused)
            dana.run("status").wait(1, "unreachable", name="Aigul")

            boris.run("send", "Aigul", lines=["still here"]).wait(1, "sent")
            own.wait(10, "text", text="still here", name="Boris")
            rings = boris.press()
            own.wait(10, "alert", alert=rings["alert"], name="Boris", first=True)
            own.never(2, name="Dana", event=lambda kind: kind in ("text", "alert"), text=lambda text: text != "before")

            # Her own alerts go to Boris alone now, at once: nobody is left in the tier before him.
            aigul.run("tiers", "show").wait(1, "tier", tier=1, after_s=0, names=["Boris"])
            hears, sleeps = boris.listen(), dana.listen()
            pressed = aigul.press()
            hears.wait(5, "alert", alert=pressed["alert"], tier=1)
            sleeps.never(3, "alert", alert=pressed["alert"])

    def test_without_a_network_it_counts_here_at_once_and_the_relay_is_told_later(self):
        with House() as house:
            relay, aigul, dana = house.circle_of("Aigul", "Dana", tiers=False)
            # What lies on the relay already, and is read after she has taken her word back.
            dana.run("send", "Aigul", lines=["already on its way"]).wait(1, "sent")
            relay.stop()
            kept = aigul.run("withdraw", "Dana", lines=["yes"], code=2)
            kept.wait(1, "withdrawn", on_relay=False, was_woken=False)
            said = kept.wait(1, "error")["words"]
            self.assertIn("No relay answers", said)
            self.assertIn("vigil listen", said)
            aigul.run("contacts").wait(1, "contact", name="Dana", withdrawn=True)
            relay.start()
            own = aigul.listen()
            self.assertIn("cannot be reached", dana.run("send", "Aigul", lines=["x"], code=4).wait(1, "error")["words"])
            own.never(2, "text")

    def test_whoever_was_withdrawn_can_be_met_again(self):
        with House() as house:
            relay, aigul, dana = house.circle_of("Aigul", "Dana", tiers=False)
            aigul.run("withdraw", "Dana", lines=["yes"]).wait(1, "withdrawn", on_relay=True)
            dana.run("send", "Aigul", lines=["x"], code=4)
            dana.meet(aigul)
            own = aigul.listen()
            dana.run("send", "Aigul", lines=["met again"]).wait(1, "sent")
            own.wait(10, "text", text="met again", name="Dana")
            contacts = [event for event in aigul.run("contacts").events if event["event"] == "contact"]
            self.assertEqual([(each["name"], each["withdrawn"]) for each in contacts], [("Dana", False)])


def memory_has(pid, what):
    """Whether these bytes lie anywhere in the memory that this process can write."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            where, rights = line.split()[:2]
            first, last = (int(part, 16) for part in where.split("-"))
            if not rights.startswith("rw") or last - first > 256 << 20:
                continue
            try:
                memory.seek(first)
                if what in memory.read(last - first):
                    return True
            except OSError:
                continue
    return False


class Locking(unittest.TestCase):
    """She presses; whoever takes the phone a second later finds a screen that asks for the PIN."""

    def test_a_listen_that_runs_locks_itself_at_the_press_and_reads_on_with_the_pin(self):
        with House() as house:
            relay, aigul, dana = house.circle_of("Aigul", "Dana")
            own = aigul.start("listen", pins=1)
            own.wait(40, "ready")
            secret = "the blue house behind the mill"
            dana.run("send", "Aigul", lines=[secret]).wait(1, "sent")
            own.wait(10, "text", text=secret)
            readable = os.access(f"/proc/{own.process.pid}/mem", os.R_OK)
            if readable:
                self.assertTrue(memory_has(own.process.pid, secret.encode()), "the search finds nothing anywhere")

            hears = dana.listen()
            pressed = aigul.press()
            locked = own.wait(5, "locked")
            self.assertIn("type your PIN", locked["words"])
            mark = own.mark()
            hears.wait(5, "alert", alert=pressed["alert"], first=True)
            if readable:
                for what in (secret, "Dana", aigul.pin):
                    self.assertFalse(memory_has(own.process.pid, what.encode()), what)
            dana.run("send", "Aigul", lines=["while it was locked"]).wait(1, "sent")
            own.never(2, "text", since=mark)
            own.type_pin("000000")
            self.assertIn("PIN opens nothing", own.wait(10, "error", since=mark, code=3)["words"])
            own.type_pin(aigul.pin)
            own.wait(20, "ready", since=mark)
            own.wait(10, "text", since=mark, text="while it was locked", name="Dana")
            own.wait(10, "state", since=mark, alert=pressed["alert"], state="on_phones")
            # Unlocked with the PIN it stays so until the next press.
            mark = own.mark()
            own.never(2, "locked", since=mark)
            aigul.run("alert", pin=False)  # within ten minutes: the same alert, pressed again
            own.wait(5, "locked", since=mark)
            self.assertEqual(own.interrupt(), 0)

    def test_locked_it_still_sends_what_was_not_sent(self):
        with House() as house:
            relay, aigul, dana = house.circle_of("Aigul", "Dana")
            own = aigul.start("listen", pins=1)
            own.wait(40, "ready")
            relay.stop()
            pressed = aigul.press(code=2, state="not_sent")
            own.wait(5, "locked")
            mark = own.mark()
            relay.start()
            dana.listen().wait(30, "alert", alert=pressed["alert"], first=True)
            own.wait(10, "sent", since=mark)
            self.assertFalse([e for e in own.events[mark:] if e["event"] in ("text", "connected")])
            aigul.run("status", "--locked", pin=False).wait(1, "status", outbox=0)

    def test_a_card_that_is_shown_ends_at_the_press(self):
        with House() as house:
            relay, aigul, dana = house.circle_of("Aigul", "Dana")
            card = aigul.start("card")
            card.wait(30, "card")
            aigul.press()
            self.assertEqual(card.end(10), 5)
            self.assertIn("locked itself", card.wait(1, "error")["words"])


class CancelledBeforeItLeft(unittest.TestCase):
    """Pressed and cancelled with no network: nobody is rung when there is one, and the next press is a new alert."""

    def test_it_rings_nobody_and_the_next_press_does(self):
        with House() as house:
            relay, aigul, dana = house.circle_of("Aigul", "Dana")
            for who_sends in ("listen", "cancel"):
                hears = dana.listen()
                relay.stop()
                mark = hears.mark()
                first = aigul.press(code=2, state="not_sent")["alert"]
                if who_sends == "listen":
                    aigul.run("cancel", code=2).wait(1, "cancelled", alert=first, on_relay=False)
                    relay.start()
                    own = aigul.listen()
                else:
                    relay.start()
                    # Before `listen` or anything else sends the alert, it is cancelled with a network.
                    aigul.run("cancel").wait(1, "cancelled", alert=first, on_relay=True)
                    own = aigul.listen()
                aigul.wait_sent()
                self.assertFalse([e for e in aigul.run("status").events if e["event"] == "state" and e["alert"] == first])
                # Whoever has no relay hears nothing anyway: only from here on silence says something.
                hears.wait(30, "connected", since=mark)
                hears.never(4, "alert", alert=first)
                pressed = aigul.press()["alert"]
                self.assertNotEqual(pressed, first)
                hears.wait(20, "alert", alert=pressed, first=True)
                aigul.run("cancel").wait(1, "cancelled", alert=pressed, on_relay=True)
                own.kill()
                hears.kill()


class Renewed(unittest.TestCase):
    """An answer that is said again is shown with its new end, however little later that is."""

    def test_every_renewal_reaches_the_readers(self):
        with House() as house:
            _, aigul, dana, boris = house.circle_of("Aigul", "Dana", "Boris", lease_s=20, first_rounds_s=[30, 30, 30])
            reads = boris.listen()
            dana.listen()
            pressed = aigul.press()["alert"]
            reads.wait(10, "alert", alert=pressed)
            until_s = 0
            for _ in range(5):
                mark = reads.mark()
                dana.run("answer").wait(1, "answered", yours=True)
                shown = reads.wait(5, "state", since=mark, alert=pressed, state="answering", name="Dana",
                                   until_s=lambda value, before=until_s: value and value >= before + 2)
                until_s = shown["until_s"]
                # Past what a reader knew before: she is answering all the while.
                time.sleep(4)
            self.assertFalse([e for e in reads.events if e["event"] == "notice" and e["act"] == "lapsed"])
            self.assertFalse([e for e in reads.events if e["event"] == "state" and e["state"] == "nobody"])


class NewRoutes(unittest.TestCase):
    """The relay moves to another secret path: the new list comes while the old one works; what was ready goes the new way."""

    def test_a_newer_list_is_fetched_and_what_was_ready_goes_by_it(self):
        with House() as house:
            relay, aigul, dana = house.circle_of("Aigul", "Dana")
            relay.move()  # answers at the old place and the new one
            aigul.run("status").wait(1, "status", outbox=0)
            dana.run("status")
            relay.leave_old()
            hears = dana.listen()
            pressed = aigul.press()["alert"]
            hears.wait(10, "alert", alert=pressed, first=True)
            aigul.run("send", "Dana", lines=["by the new way"]).wait(1, "sent")
            hears.wait(20, "text", text="by the new way")


class ClockOff(unittest.TestCase):
    """A day behind and a day ahead: said with what to do, and an alert still wakes people."""

    def off_by(self, days):
        with House() as house:
            relay = house.relay()
            away, dana = house.person("Away", clock_off_s=days * 86_400), house.person("Dana", relay)
            away.join(relay.invites(1)[0])
            told = away.listen().wait(10, "clock")
            self.assertAlmostEqual(told["off_s"], days * 86_400, delta=120)
            for part in ("Set it right", "24 h", "behind" if days < 0 else "ahead"):
                self.assertIn(part, told["words"])
            house.hang_up()
            self.assertAlmostEqual(away.run("status").wait(1, "clock")["off_s"], days * 86_400, delta=120)

            # The card of the one whose clock is ahead is too old there; a card made by the one behind is too old here.
            reader, maker = (away, dana) if days > 0 else (dana, away)
            card = maker.start("card")
            said = reader.run("meet", lines=[card.wait(30, "card")["card"]], code=4).wait(1, "error")["words"]
            for part in ("too old", "ten minutes", "clock right"):
                self.assertIn(part, said)
            card.kill()
            if days > 0:
                away.meet(dana)
            else:
                dana.meet(away)
            away.tiers([dana])
            hears = dana.listen()
            pressed = away.press()
            hears.wait(5, "alert", alert=pressed["alert"], first=True, name="Away")
            # Not a word about a day of silence: nobody could have answered before it came.
            hears.never(3, "state", alert=pressed["alert"], state="nobody")
            hears.wait(1, "state", alert=pressed["alert"], state="unanswered")

    def test_a_day_behind(self):
        self.off_by(-1)

    def test_a_day_ahead(self):
        self.off_by(1)

    def test_the_wrong_clock_leaves_timers_alone(self):
        # An absolute timer that is due already: libfaketime alone would move it by a day, or refuse it.
        due = """
import ctypes, os, select, struct
timer = os.fdopen(ctypes.CDLL(None).timerfd_create(1, 0), "rb", 0)
assert ctypes.CDLL(None).timerfd_settime(timer.fileno(), 1, struct.pack("4q", 0, 0, 0, 1), None) == 0
assert select.select([timer], [], [], 5)[0]
"""
        with House() as house:
            for off_s in (-86_400, 86_400):
                subprocess.run([sys.executable, "-c", due], env=wrong_clock(house.vigil, off_s), check=True)

    def test_an_invite_that_looks_too_old_asks_about_the_clock(self):
        with House() as house:
            relay = house.relay()
            away = house.person("Away", clock_off_s=30 * 86_400)
            said = away.run("join", lines=[relay.invites(1)[0], "Away"], code=4).wait(1, "error")["words"]
            for part in ("too old", "new one", "clock right"):
                self.assertIn(part, said)


class OldCertificate(unittest.TestCase):
    def test_a_certificate_that_expired_long_ago_still_works_because_the_key_is_pinned(self):
        with House() as house:
            folder = pathlib.Path(house.folder)
            key, certificate, request = folder / "own.key", folder / "own.crt", folder / "own.csr"
            # 1 January 2020 to 2 January 2020, signed by itself.
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
            openssl("req", "-new", "-key", key, "-subj", "/CN=old.example", "-out", request)
            (folder / "ca").mkdir()
            (folder / "ca" / "index.txt").write_text("")
            (folder / "ca" / "serial").write_text("01\n")
            (folder / "ca.cnf").write_text(
                f"[ca]\ndefault_ca = d\n[d]\ndatabase = {folder}/ca/index.txt\nserial = {folder}/ca/serial\n"
                f"new_certs_dir = {folder}/ca\ndefault_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n"
            )
            openssl("ca", "-batch", "-config", folder / "ca.cnf", "-selfsign", "-keyfile", key, "-in", request,
                    "-out", certificate, "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-notext")
            ended = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-checkend", "0"], capture_output=True)
            self.assertNotEqual(ended.returncode, 0, "the certificate of this test has not expired")
            relay = house.relay()
            relay.stop()
            shutil.copy(key, relay.data / "keys" / "tls.key")
            shutil.copy(certificate, relay.data / "keys" / "tls.crt")
            relay._run("certify", "--root", relay.root, "--config", relay.config)
            relay.start()
            house.person("Dana", relay).listen().wait(5, "connected")


CASES = (Withdrawn, Locking, CancelledBeforeItLeft, Renewed, NewRoutes, ClockOff, OldCertificate)
