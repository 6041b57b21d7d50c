"""Real relays and real people for the journeys: starts `vigild` and `vigil` as processes, reads what they say with --json.

Python's standard library only. Every wait has a deadline and ends at an event, never after a fixed sleep.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from clocks import wrong_clock
from drive import DRIVE, Drive

os.environ["VIGIL_LANG"] = "en"  # whatever the machine's locale

BUILD = None  # the arguments that say which programs are meant: run_journeys() sets it


class Failed(AssertionError):
    """A line came late, or not at all, or said something else."""


def numbers(relay):
    """What `vigild status` tells programs; None when the relay does not answer."""
    done = subprocess.run([relay.vigild, "status", "--config", str(relay.config), "--json"], capture_output=True, timeout=60)
    return json.loads(done.stdout) if done.returncode == 0 else None


def until(come, what, within_s=60):
    """What 'come' returns, once that is true."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        got = come()
        if got:
            return got
        time.sleep(0.05)
    raise Failed(f"never came: {what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def add_programs(reader):
    """The arguments of an argparse reader that say which vigil and vigild are meant."""
    reader.add_argument("folder", nargs="?", help="a build's folder, with both programs below it")
    reader.add_argument("--vigil", help="the program itself")
    reader.add_argument("--vigild", help="the program itself")


def programs(arguments):
    folder = pathlib.Path(arguments.folder or ".").resolve()
    found = []
    for name in ("vigil", "vigild"):
        given = getattr(arguments, name)
        if given:
            found.append(str(pathlib.Path(given).resolve()))
            continue
        places = [folder / name, folder / ("client" if name == "vigil" else "server") / name]
        hit = next((p for p in places if p.is_file() and os.access(p, os.X_OK)), None)
        if hit is None:
            raise SystemExit(f"{name} is not in {folder}: build first (./dev demo does)")
        found.append(str(hit))
    return found


class Relay:
    def __init__(self, vigild, folder, limits=None, seen_as=None):
        self.vigild, self.data, self.port = vigild, pathlib.Path(folder) / "relay", free_port()
        self.root = pathlib.Path(folder) / "relay-root"
        self.process = None
        self.log = open(pathlib.Path(folder) / "relay.log", "ab")
        address = f"127.0.0.1:{self.port}"
        # Where people find it: a link in between, when 'seen_as' makes one.
        port = seen_as(self.port) if seen_as else self.port
        self._run("init", "--data", self.data, "--host", "127.0.0.1", "--port", port, "--listen", address, "--root", self.root)
        self.config = self.data / "vigild.toml"
        if limits:
            lines = "".join(f"{key} = {value}\n" for key, value in limits.items())
            text = self.config.read_text()
            head = "[limits]\n"
            text = text.replace(head, head + lines) if head in text else text + "\n" + head + lines
            self.config.write_text(text)

    def _run(self, *arguments):
        done = subprocess.run([self.vigild, *map(str, arguments)], capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Failed(f"vigild {arguments[0]} failed: {done.stderr}")
        return done.stdout

    def start(self):
        self.process = subprocess.Popen([self.vigild, "serve", "--config", str(self.config)], stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failed(f"vigild ended with {self.process.returncode}; see {self.log.name}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=0.2).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise Failed("the relay does not listen")

    def search(self, secrets):
        """Which of the secrets (name -> bytes) lie in the store, raw or through its keys: what `vigild audit --find` sees."""
        done = subprocess.run([self.vigild, "audit", "--config", str(self.config), "--find", "--json"], capture_output=True,
                              input="".join(f"hex:{secret.hex()}\n" for secret in secrets.values()), text=True, timeout=60)
        return [name for name, files in zip(secrets, json.loads(done.stdout)["files"], strict=True) if files]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                raise Failed("the relay does not stop at SIGTERM")

    def _paths(self, change):
        """The secret paths of the configuration, changed; a new list signed by the root; started anew."""
        lines = self.config.read_text().splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("paths = "))
        lines[at] = "paths = " + json.dumps(change(json.loads(lines[at].split("=", 1)[1])))
        self.config.write_text("\n".join(lines) + "\n")
        self._run("certify", "--root", self.root, "--config", self.config)
        self.stop()
        self.start()

    def move(self):
        """Members find it under a new path as well as the old one."""
        self._paths(lambda old: ["/moved-" + os.urandom(16).hex(), *old])

    def leave_old(self):
        """The old path is an ordinary site's now."""
        self._paths(lambda both: both[:1])

    def invites(self, count):
        text = self._run("invite", "--config", self.config, "--count", count, "--days", 7)
        found = [word for word in text.split() if word.startswith("vigil:join:")]
        if len(found) != count:
            raise Failed(f"asked for {count} invites, got {len(found)}")
        return found


class Talk:
    """One running `vigil --json` command: its events as they come, and a way to type."""

    def __init__(self, person, arguments, pin=True, environment=None, pins=2):
        """pins: how often its PIN lies ready to be read; type_pin() gives more."""
        self.name, self.events, self.errors = f"{person.name}: vigil {arguments[0]}", [], []
        self._more = threading.Condition()
        command = [person.vigil, *map(str, arguments), "--json", "--home", str(person.home)]
        fds = ()
        if pin:
            pin_text = person.pin if pin is True else pin
            read_end, write_end = os.pipe()
            os.write(write_end, (pin_text + "\n").encode() * pins)
            self._pins = os.fdopen(write_end, "wb", buffering=0)
            fds = (read_end,)
            command += ["--pin-fd", str(read_end)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        pass_fds=fds, env=environment, start_new_session=True)
        for fd in fds:
            os.close(fd)
        readers = (self._read_events, self._read_errors)
        self._readers = [threading.Thread(target=one, daemon=True) for one in readers]
        for reader in self._readers:
            reader.start()

    def _read_events(self):
        for line in self.process.stdout:
            event = json.loads(line)
            event["came"] = time.monotonic()
            with self._more:
                self.events.append(event)
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line.decode(errors="replace").rstrip())

    def type_pin(self, pin):
        self._pins.write(pin.encode() + b"\n")

    def say(self, line=""):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def _look(self, within_s, event_kind, since, fields):
        """The first event that fits, or None when the time is over or the command has ended; and whether it has ended."""

        def fits(event):
            if event_kind and event["event"] != event_kind:
                return False
            return all(value(event.get(key)) if callable(value) else event.get(key) == value for key, value in fields.items())

        deadline = time.monotonic() + within_s
        with self._more:
            while True:
                ended = self.process.poll() is not None and not self._readers[0].is_alive()
                found = next((event for event in self.events[since:] if fits(event)), None)
                left = deadline - time.monotonic()
                if found or ended or left <= 0:
                    return found, ended
                self._more.wait(min(left, 0.5))

    def _failed(self, what, event_kind, since, fields):
        wanted = {key: ("..." if callable(value) else value) for key, value in fields.items()}
        seen = [{k: v for k, v in e.items() if k != "came"} for e in self.events[since:]][-12:]
        return Failed(f"{self.name}: {what} {event_kind} {wanted}; seen: {json.dumps(seen)[:3000]}; errors: {self.errors}")

    def wait(self, within_s, event_kind=None, since=0, **fields):
        """The first event from number 'since' on with these fields; a value that is callable is asked."""
        found, ended = self._look(within_s, event_kind, since, fields)
        if not found:
            what = "ended" if ended else f"nothing within {within_s:.1f} s"
            raise self._failed(f"{what} while waiting for", event_kind, since, fields)
        return found

    def never(self, within_s, event_kind=None, since=0, **fields):
        """Nothing like it comes in that time, to a command that goes on running: one that has ended hears nothing anyway."""
        found, ended = self._look(within_s, event_kind, since, fields)
        if found:
            raise self._failed(f"{json.dumps(found)} came while there should be no", event_kind, since, fields)
        if ended or self.process.poll() is not None:
            raise self._failed("ended, so it could not hear", event_kind, since, fields)

    def rings(self, alert):
        """How often it was told of this alert so far."""
        with self._more:
            return sum(event["event"] == "alert" and event["alert"] == alert for event in self.events)

    def mark(self):
        """Events so far: for 'since'."""
        with self._more:
            return len(self.events)

    def end(self, within_s=60):
        """Waits for its own end: the exit code."""
        try:
            code = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name} did not end within {within_s} s; events: {self.events}; errors: {self.errors}")
        for reader in self._readers:
            reader.join(5)
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(5)

    def interrupt(self, within_s=20):
        self.process.send_signal(signal.SIGINT)
        return self.end(within_s)


class Person:
    def __init__(self, house, name, pin="482913", clock_off_s=0):
        self.vigil, self.name, self.pin = house.vigil, name, pin
        self.environment = None if clock_off_s == 0 else wrong_clock(house.vigil, clock_off_s)
        self.home = pathlib.Path(house.folder) / ("home-" + "".join(f"{b:02x}" for b in name.encode()))
        self.house = house
        self.accepted = []

    def start(self, *arguments, pin=True, environment=None, pins=2):
        talk = Talk(self, arguments, pin, environment or self.environment, pins)
        self.house.talks.append(talk)
        return talk

    def run(self, *arguments, lines=(), pin=True, code=0, within_s=60):
        """A command to its end; Failed when the exit code is another one."""
        talk = self.start(*arguments, pin=pin)
        try:
            for line in lines:
                talk.say(line)
            talk.process.stdin.close()
        except BrokenPipeError:
            pass
        got = talk.end(within_s)
        if code is not None and got != code:
            raise Failed(f"{talk.name}: exit code {got} instead of {code}; events: {talk.events[-5:]}; errors: {talk.errors}")
        return talk

    def join(self, invite, **options):
        return self.run("join", lines=[invite, self.name], **options)

    def meet(self, other):
        """Both sides of a meeting, with the three words compared."""
        card = self.start("card")
        text = card.wait(30, "card")["card"]
        meet = other.start("meet")
        meet.say(text)
        words = (card.wait(40, "words")["words"], meet.wait(40, "words")["words"])
        if words[0] != words[1]:
            raise Failed(f"{self.name} and {other.name} see different words: {words}")
        for talk, name in ((meet, self.name), (card, other.name)):
            talk.say("yes")
            talk.say(name)
        for talk in (card, meet):
            talk.wait(60, "met", checked=True)
            if talk.end(30) != 0:
                raise Failed(f"{talk.name} failed: {talk.errors}")
        return words[0]

    def ask(self, *people, lawyers=(), words=()):
        """Asks them whether they may be woken; each says yes, and her own `listen` hears it. words: of `duty accept`."""
        for person in people:
            listen = person.listen()
            self.run("ask", person.name, *(["--lawyer"] if person in lawyers else []))
            listen.wait(30, "asked", name=self.name)
            listen.interrupt()
            person.run("duty", "accept", self.name, *words)
        if not people:
            return
        own = self.listen()
        for person in people:
            own.wait(30, "consent", name=person.name, word="accepted")
        own.interrupt()

    def tiers(self, *tiers, asked=True):
        """tiers: lists of people; delays of 5 s between them unless a number stands in front of a list. Asks them first."""
        people = [person for tier in tiers if not isinstance(tier, int) for person in tier]
        if asked:
            self.ask(*[person for person in people if person not in self.accepted])
            self.accepted += [person for person in people if person not in self.accepted]
        lines, delay = [], 5
        for tier in tiers:
            if isinstance(tier, int):
                delay = tier
                continue
            lines.append(", ".join(person.name for person in tier))
            if len([t for t in tiers if not isinstance(t, int)]) > 1 and len(lines) > 1:
                lines.append(str(delay))
        return self.run("tiers", "set", lines=lines + [""])

    def press(self, *more, code=0, state="on_relay"):
        """Presses with no time to hold: the event that says where the alert is. code: that of the command."""
        return self.run("alert", "--now", *more, pin=False, code=code).wait(1, "state", state=state)

    def wait_sent(self, within_s=20):
        """Until her outbox is empty: other things than what a test sends may be on their way in it at any moment."""
        deadline = time.monotonic() + within_s
        while True:
            left = self.run("status", "--locked", pin=False).wait(1, "status")["outbox"]
            if left == 0:
                return
            if time.monotonic() > deadline:
                raise Failed(f"{self.name}: {left} still in the outbox after {within_s} s")
            time.sleep(0.2)

    def keeps_plan(self, of):
        """Until the newest plan of that person lies here."""
        listen = self.listen()
        listen.wait(30, "plan_kept", name=of.name)
        listen.interrupt()

    def listen(self, *arguments, **options):
        talk = self.start("listen", *arguments, **options)
        talk.wait(40, "ready")
        return talk


class House:
    """A folder, a relay or more, people; everything is ended and removed at the end. Without 'arguments': run_journeys()'s."""

    def __init__(self, arguments=None, keep=False):
        self.vigil, self.vigild = programs(arguments or BUILD)
        self.folder, self.keep = tempfile.mkdtemp(prefix="vigil-journey-"), keep
        os.chmod(self.folder, 0o700)
        self.talks, self.relays, self.people = [], [], {}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.hang_up()
        for relay in self.relays:
            if relay.process and relay.process.poll() is None:
                relay.kill()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def hang_up(self):
        """Every command that still runs is killed."""
        for talk in self.talks:
            if talk.process.poll() is None:
                talk.kill()

    def relay(self, seen_as=None, **limits):
        folder = pathlib.Path(self.folder) / f"relay-{len(self.relays)}"
        folder.mkdir()
        relay = Relay(self.vigild, folder, limits, seen_as)
        self.relays.append(relay)
        return relay.start()

    def person(self, name, relay=None, **options):
        person = Person(self, name, **options)
        self.people[name] = person
        if relay:
            person.join(relay.invites(1)[0])
        return person

    def circle_of(self, name, *others, relay=None, tiers=True, **limits):
        """A relay (with these limits), this person, and others whom she has met and, with 'tiers', wakes together."""
        relay = relay or self.relay(**limits)
        her, *people = (self.person(each, relay) for each in (name, *others))
        for person in people:
            person.meet(her)
        if tiers:
            her.tiers(people)
        return relay, her, *people

    def recorded(self, name="place.nmea", seconds=40):
        """A file of fixes, the newest a second ago."""
        path, now = pathlib.Path(self.folder) / name, int(time.time())
        lines = [line for line in DRIVE.read_text().splitlines() if line][:2 * seconds]
        path.write_text("".join(Drive.restamp(line, now - seconds + i // 2) + "\r\n" for i, line in enumerate(lines)))
        return path


def files_below(folder):
    return [p for p in pathlib.Path(folder).rglob("*") if p.is_file() and not p.is_symlink()]


def search(folder, secrets):
    """Which of the secrets (name -> bytes) lie in which file below the folder."""
    found = []
    for path in files_below(folder):
        try:
            held = path.read_bytes()
        except FileNotFoundError:  # a relay that runs has taken it away meanwhile
            continue
        found += [(name, path.name) for name, secret in secrets.items() if secret in held]
    return found


class Journey(unittest.TestCase):
    """Tests that share a house, made once for the class in enter(); what a test has left running ends with it."""

    @classmethod
    def setUpClass(cls):
        cls.house = House()
        cls.enter()

    @classmethod
    def tearDownClass(cls):
        cls.house.__exit__()

    def leave_quiet(self, her, *others):
        """The next test finds no alert going on, nobody listening, nothing waiting for these people, and alerts ready."""
        her.run("cancel", code=None)
        self.house.hang_up()
        for person in others:
            person.listen().interrupt()
        her.run("status")


def run_journeys(description, *cases):
    """The end of every file of journeys: runs those that are asked for."""
    global BUILD
    reader = argparse.ArgumentParser(description=description)
    add_programs(reader)
    reader.add_argument("--only", action="append", default=[], help="tests whose Case.name has this in it; may be repeated")
    BUILD = reader.parse_args()
    suite = unittest.TestSuite()
    for case in cases:
        for name in unittest.defaultTestLoader.getTestCaseNames(case):
            if not BUILD.only or any(part in f"{case.__name__}.{name}" for part in BUILD.only):
                suite.addTest(case(name))
    if suite.countTestCases() == 0:
        raise SystemExit("no such test")
    sys.exit(0 if unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful() else 1)
