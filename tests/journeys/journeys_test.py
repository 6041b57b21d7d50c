#!/usr/bin/env python3
"""Journeys: what people do and what goes wrong, with real processes over real TLS.

    journeys_test.py --vigild PROGRAM --vigil PROGRAM [--only NAME]       or:  journeys_test.py BUILD-FOLDER [--only NAME]

One relay and a few people are made once; tests that must break something make their own (own_house.py).
"""

import base64
import pathlib
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import own_house  # noqa: E402
from drive import DRIVE, Drive  # noqa: E402
from house import Journey, files_below, run_journeys, search  # noqa: E402

NOTE = "green gate, second floor, the dog knows me"


class Alerts(Journey):
    """Aigul is in danger, Dana and Boris are her people."""

    @classmethod
    def enter(cls):
        cls.relay, cls.aigul, cls.dana, cls.boris = cls.house.circle_of(
            "Aigul", "Dana", "Boris", tiers=False, lease_s=10, first_rounds_s=[60, 60, 60])
        cls.aigul.tiers([cls.dana], [cls.boris])

    def tearDown(self):
        self.leave_quiet(self.aigul, self.boris)

    def test_hold_survives_the_phone_and_is_released_after_ten_seconds_with_the_last_fixes(self):
        dana = self.dana.listen()
        drive = Drive(DRIVE, pathlib.Path(self.house.folder) / "driving.nmea").start()
        alert = self.aigul.start("alert", "--fix", drive.into, "--note", pin=False)
        alert.say(NOTE)
        waits = alert.wait(10, "state", state="waits", hold_s=10)
        time.sleep(max(0, 3 - (time.monotonic() - waits["came"])))
        alert.kill()
        drive.stop()
        rung = dana.wait(15, "alert", alert=waits["alert"], first=True, round=1, tier=1)
        self.assertAlmostEqual(rung["came"] - waits["came"], 10, delta=1.0)
        self.assertEqual(rung["note"], NOTE)
        self.assertEqual(len(rung["fixes"]), 12)
        # Not those of the press: the copies were sealed anew while she drove on, until her phone was lost.
        self.assertGreaterEqual(rung["fixes"][0]["at_s"], rung["pressed_s"] + 1)
        self.assertLessEqual(rung["fixes"][0]["at_s"], rung["pressed_s"] + 4)
        self.assertAlmostEqual(rung["fixes"][0]["lat"], 43.21, delta=0.02)

    def test_cancelled_inside_the_hold_it_reaches_nobody(self):
        dana = self.dana.listen()
        alert = self.aigul.start("alert", pin=False)
        waits = alert.wait(10, "state", state="waits")
        self.aigul.run("cancel").wait(1, "cancelled", on_relay=True, alert=waits["alert"])
        self.assertEqual(alert.end(30), 0)
        # Ten seconds and three more after the press nothing has rung.
        dana.never(13 - (time.monotonic() - waits["came"]), "alert")

    def test_alert_works_while_her_own_listen_runs_and_her_screen_climbs_to_all_clear(self):
        own, dana = self.aigul.listen(), self.dana.listen()
        alert_id = self.aigul.press("--drill")["alert"]
        rung = dana.wait(5, "alert", alert=alert_id, first=True, drill=True)
        self.assertEqual(rung["name"], "Aigul")
        own.wait(10, "receipt", alert=alert_id, name="Dana", kind="arrived")
        own.wait(10, "state", alert=alert_id, state="on_phones", phones=1, hers=True)
        dana.say()
        dana.wait(5, "seen", alert=alert_id)
        own.wait(10, "state", alert=alert_id, state="seen", people=1)
        self.dana.run("answer").wait(1, "answered", yours=True)
        own.wait(10, "state", alert=alert_id, state="answering", name="Dana", words="Dana is answering")
        self.dana.run("give-back").wait(1, "answered", yours=False)
        own.wait(10, "notice", alert=alert_id, act="given_back", name="Dana")
        self.aigul.run("cancel").wait(1, "cancelled", on_relay=True)
        dana.wait(10, "ending", alert=alert_id, forced=False)
        dana.wait(10, "state", alert=alert_id, state="all_clear")
        own.wait(10, "state", alert=alert_id, state="all_clear")

    def test_one_answer_is_yours_and_the_other_somebody_elses(self):
        self.aigul.press()
        dana, boris = self.dana.listen(), self.boris.listen()
        dana.wait(10, "alert", first=True)
        boris.wait(15, "alert", first=True, tier=2)
        self.assertTrue(self.dana.run("answer").wait(1, "answered", yours=True)["lease_s"] <= 10)
        other = self.boris.run("answer", code=8).wait(1, "answered", yours=False)
        self.assertEqual(other["holder"], "Dana")
        # One person's all-clear ends nothing.
        self.dana.run("all-clear").wait(1, "closed", counted=True, over=False)
        boris.never(2, "state", state="all_clear")

    def test_offline_alert_is_not_sent_yet_and_goes_out_from_the_outbox_once(self):
        dana = self.dana.listen()
        self.relay.stop()
        try:
            shown = self.aigul.press(code=2, state="not_sent")
            self.assertEqual(shown["words"], "NOT SENT YET")
            self.aigul.run("status", "--locked", pin=False).wait(1, "status", outbox=1, locked=True)
        finally:
            self.relay.start()
        own = self.aigul.listen()
        dana.wait(30, "alert", alert=shown["alert"], first=True)
        mark = dana.mark()
        own.wait(10, "state", alert=shown["alert"], state="on_phones")
        self.aigul.wait_sent()
        dana.never(2, "alert", since=mark, alert=shown["alert"])
        self.assertEqual(dana.rings(shown["alert"]), 1)

    def test_relay_killed_right_after_it_said_so_still_rings(self):
        dana = self.dana.listen()
        alert = self.aigul.start("alert", "--now", pin=False)
        shown = alert.wait(10, "state", state="on_relay")
        self.relay.kill()
        self.relay.start()
        dana.wait(20, "alert", alert=shown["alert"], first=True)

    def test_second_press_is_the_same_alert_and_goes_out_at_once(self):
        dana = self.dana.listen()
        alert = self.aigul.start("alert", pin=False)
        waits = alert.wait(10, "state", state="waits")
        self.aigul.run("alert", pin=False)
        rung = dana.wait(5, "alert", first=True)
        self.assertEqual(rung["alert"], waits["alert"])
        self.assertLess(rung["came"] - waits["came"], 8)

    def test_ctrl_c_does_not_cancel(self):
        dana = self.dana.listen()
        alert = self.aigul.start("alert", pin=False)
        waits = alert.wait(10, "state", state="waits")
        alert.process.send_signal(2)
        dana.wait(15, "alert", alert=waits["alert"], first=True)
        self.assertEqual(alert.end(30), 0)

    def test_texts_arrive_once_and_in_order_and_receipts_come_back(self):
        own, dana = self.aigul.listen(), self.dana.listen()
        for i in range(5):
            self.aigul.run("send", "Dana", lines=[f"line {i}"]).wait(1, "sent", name="Dana")
        dana.wait(20, "text", text="line 4", name="Aigul")
        self.assertEqual([e["text"] for e in dana.events if e["event"] == "text"], [f"line {i}" for i in range(5)])
        self.dana.run("send", "Aigul", lines=["and back, while listen runs"]).wait(1, "sent")
        own.wait(10, "text", text="and back, while listen runs", name="Dana")
        own.wait(90, "receipt", name="Dana", kind="arrived")

    def test_on_alert_command_is_started_and_told_nothing(self):
        told = pathlib.Path(self.house.folder) / "told"
        dana = self.dana.listen("--on-alert", f"(env; tr '\\0' ' ' </proc/$$/cmdline) >{told}.part && mv {told}.part {told}")
        alert = self.aigul.start("alert", "--now", "--note", "--fix", self.house.recorded(), pin=False)
        alert.say(NOTE)
        rung = dana.wait(15, "alert", first=True)
        deadline = time.monotonic() + 10
        while not told.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        text = told.read_text()
        for secret in (NOTE, "Aigul", rung["alert"], rung["alert"][:8], str(rung["fixes"][0]["lat"])[:6]):
            self.assertNotIn(secret, text)

    def test_secrets_are_in_no_command_line_environment_log_or_file_of_the_relay(self):
        place = self.house.recorded()
        seen, stop = [], threading.Event()

        def watch():
            while not stop.is_set():
                for process in pathlib.Path("/proc").iterdir():
                    if process.name.isdigit():
                        try:
                            line = (process / "cmdline").read_bytes()
                            if b"vigil" in line:
                                seen.append(line + b"\0" + (process / "environ").read_bytes())
                        except OSError:
                            pass
                stop.wait(0.02)

        watcher = threading.Thread(target=watch)
        watcher.start()
        dana = self.dana.listen()
        alert = self.aigul.start("alert", "--fix", place, "--note", pin=False)
        alert.say(NOTE)
        alert.wait(10, "state", state="waits")
        rung = dana.wait(15, "alert", first=True)
        self.dana.run("answer")
        self.aigul.run("cancel")
        stop.set()
        watcher.join()
        # Those of this house: another journey may run beside it, and type names of its own on command lines.
        mine = [line for line in seen if self.house.folder.encode() in line]
        self.assertTrue(any(b"vigil\0alert\0" in line for line in mine), "the watcher saw no alert")
        secrets = {"note": NOTE.encode(), "PIN": self.aigul.pin.encode(), "name": b"Aigul"}
        for key in ("lat", "lon"):
            secrets[key] = f"{rung['fixes'][0][key]:.4f}"[:7].encode()
            secrets[key + " as a number"] = round(rung["fixes"][0][key] * 1e7).to_bytes(4, "little")
        for line in mine:
            for name, secret in secrets.items():
                self.assertNotIn(secret, line, name)
        self.assertEqual(self.relay.search(secrets) + search(self.relay.data.parent, secrets), [])
        # Her own folder: everything that is not the sealed container or profile.
        self.assertEqual(search(self.aigul.home, secrets), [])
        for path in files_below(self.aigul.home):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)


class Troubles(Journey):
    """Each a clear sentence that says what to do, and its exit code."""

    @classmethod
    def enter(cls):
        cls.relay = cls.house.relay()
        cls.used = cls.relay.invites(1)[0]
        cls.dana = cls.house.person("Dana")
        cls.dana.join(cls.used)

    def words(self, talk, *parts):
        said = talk.wait(1, "error")["words"]
        for part in parts:
            self.assertIn(part, said)
        self.assertIn(said, "\n".join(talk.errors))

    def test_wrong_pin(self):
        self.words(self.dana.run("contacts", pin="000000", code=3), "PIN opens nothing", "Try again")

    def test_used_invite_leaves_nothing_behind(self):
        late = self.house.person("Late")
        self.words(late.run("join", lines=[self.used, "Late"], code=4), "was used", "new one")
        self.assertFalse((late.home / "profile").exists())
        late.join(self.relay.invites(1)[0])

    def test_broken_invite(self):
        somebody = self.house.person("Somebody")
        self.words(somebody.run("join", lines=[self.used[:-9], "S"], code=4), "not a whole", "operator")
        self.words(somebody.run("join", lines=["hello", "S"], code=4), "not a whole", "operator")

    def test_no_profile(self):
        nobody = self.house.person("Nobody")
        self.words(nobody.run("listen", code=5), "Nobody has joined", "vigil join")
        self.words(nobody.run("alert", pin=False, code=5), "Nobody has joined", "vigil join")

    def test_no_tiers(self):
        alone = self.house.person("Alone", self.relay)
        self.words(alone.run("alert", pin=False, code=5), "tiers set")

    def test_damaged_profile(self):
        hurt = self.house.person("Hurt", self.relay)
        profile = hurt.home / "profile"
        whole = profile.read_bytes()
        for at in (0, 40, len(whole) // 2, len(whole) - 1):
            broken = bytearray(whole)
            broken[at] ^= 1
            profile.write_bytes(broken)
            self.words(hurt.run("contacts", code=5), "damaged")
        profile.write_bytes(whole[:100])
        self.words(hurt.run("contacts", code=5), "damaged")
        profile.write_bytes(whole)
        hurt.run("contacts")

    def test_old_and_broken_cards(self):
        card = self.dana.start("card")
        text = card.wait(30, "card")["card"]
        meeting = self.house.person("Meeting", self.relay)
        self.words(meeting.run("meet", lines=[text[:-7]], code=4), "not a whole")
        self.words(self.dana.run("meet", lines=[text], code=1), "your own card")
        # A card whose ten minutes are over, made from a fresh one: the date inside is changed.
        raw = base64.urlsafe_b64decode(text.split(":")[2] + "===")
        stamp = int(time.time()) + 600
        for guess in range(stamp - 60, stamp + 2):
            old, new = varint(guess), varint(guess - 4000)
            if b"\x20" + old in raw:
                raw = raw.replace(b"\x20" + old, b"\x20" + new)
                break
        else:
            self.fail("the card has no date")
        aged = "vigil:card:" + base64.urlsafe_b64encode(raw).decode().rstrip("=")
        self.words(meeting.run("meet", lines=[aged], code=4), "too old", "ten minutes", "clock")
        card.kill()

    def test_different_words_keep_nothing(self):
        careful = self.house.person("Careful", self.relay)
        card = self.dana.start("card")
        meet = careful.start("meet")
        meet.say(card.wait(30, "card")["card"])
        card.wait(40, "words")
        meet.wait(40, "words")
        card.say("no")
        self.assertEqual(card.end(30), 7)
        meet.say("no")
        self.assertEqual(meet.end(30), 7)
        self.assertFalse([e for e in careful.run("contacts").events if e["event"] == "contact"])

    def test_somebody_not_met_cannot_be_woken_or_written_to(self):
        self.words(self.dana.run("send", "Ghost", lines=["x"], code=1), "no contact called Ghost")
        self.words(self.dana.run("tiers", "set", lines=["Ghost"], code=1), "no contact called Ghost")

    def test_no_route_keeps_the_text(self):
        one, other = self.house.person("One", self.relay), self.house.person("Other", self.relay)
        one.meet(other)
        self.relay.stop()
        try:
            self.words(one.run("send", "Other", lines=["later"], code=2), "NOT SENT YET")
            self.words(self.house.person("New").run("join", lines=[self.used, "N"], code=6), "No relay answers")
        finally:
            self.relay.start()
        listen = other.listen()
        one.listen()
        listen.wait(30, "text", text="later", name="One")

    def test_usage_and_help(self):
        help_text = subprocess.run([self.house.vigil, "--help"], capture_output=True, text=True)
        self.assertEqual(help_text.returncode, 0)
        for word in ("Exit codes", "NOT SENT YET", "never calls the police", "alert", "all-clear"):
            self.assertIn(word, help_text.stdout)
        for command in ("join", "card", "meet", "contacts", "ask", "duty", "tiers", "plan", "ready", "drill", "send", "alert",
                        "cancel", "answer", "give-back", "all-clear", "listen", "status", "withdraw"):
            text = subprocess.run([self.house.vigil, command, "--help"], capture_output=True, text=True)
            self.assertEqual(text.returncode, 0, command)
            for forbidden in (r"\btaken\b", r"\breleased\b", r"\bstored\b", r"\bheld\b"):
                self.assertIsNone(re.search(forbidden, text.stdout), f"{command}: {forbidden}")
        self.assertEqual(subprocess.run([self.house.vigil, "dance"], capture_output=True).returncode, 1)


def varint(number):
    out = b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


if __name__ == "__main__":
    run_journeys("What people do and what goes wrong, with real processes over real TLS.", Alerts, Troubles, *own_house.CASES)
