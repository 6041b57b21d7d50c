#!/usr/bin/env python3
"""Journeys of an operator: metrics, rules and dashboard, the watched status, the relay's own alert, backup and restore. Real
relays, real Prometheus tools, real age; a pty where a person would sit in front of one.

    operator_test.py --vigild PROGRAM --vigil PROGRAM [--only NAME]       or:  operator_test.py BUILD-FOLDER [--only NAME]
"""

import base64
import http.client
import io
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tarfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from house import House, free_port, numbers, run_journeys, until  # noqa: E402
from own_house import openssl  # noqa: E402
from terminal import Terminal  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NAME = re.compile(r"\bvigil_[a-z0-9_]+")
BUCKETS = ("_bucket", "_count")


def base(name):
    """A histogram's name without its ending."""
    return next((name.removesuffix(ending) for ending in BUCKETS if name.endswith(ending)), name)


def scrape(port=None, path=None, asked="/metrics", method="GET"):
    if path:
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(path))
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, asked)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read().decode()


def configure(relay, text):
    with open(relay.config, "a") as config:
        config.write(text)
    relay.stop()
    relay.start()
    until(lambda: numbers(relay), "the console answers")


class Metrics(unittest.TestCase):
    def test_what_is_documented_is_what_a_relay_answers_what_the_rules_ask_and_what_the_dashboard_shows(self):
        documented = set(re.findall(r"^\| `(vigil_[a-z0-9_]+)` \|", (SOURCE / "docs/metrics.md").read_text(), re.M))
        self.assertGreater(len(documented), 40)
        with House() as house:
            relay, port = house.relay(), free_port()
            configure(relay, f'[metrics]\nlisten = "127.0.0.1:{port}"\n[canary]\nevery_s = 1\n')
            until(lambda: numbers(relay)["canary_p50_ms"] >= 0, "a flight arrives")
            status, kind, page = scrape(port)
            self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
            # Debian's own parser has no complaint but the one we ask for: histograms have no sum.
            checked = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=60)
            self.assertEqual(checked.stderr + checked.stdout, "")
            answered = {base(line.split()[0].split("{")[0]) for line in page.splitlines() if not line.startswith("#")}
            self.assertEqual(documented, answered)
            for file in ("prometheus/vigil.yml", "prometheus/vigil.test.yml", "grafana/vigil.json"):
                asked = {base(name) for name in NAME.findall((SOURCE / "deploy" / file).read_text())}
                self.assertLessEqual(asked, documented, file)
                self.assertGreater(len(asked), 10)

            # Whoever asks otherwise learns nothing, and a flood of those who ask nothing keeps nobody out for long.
            self.assertEqual(scrape(port, asked="/")[0], 404)
            self.assertEqual(scrape(port, method="POST")[0], 405)
            with socket.create_connection(("127.0.0.1", port), timeout=20) as odd:
                odd.sendall(b"\x00\x01\r\n\r\n")
                self.assertIn(b"400 Bad Request", odd.recv(4096))
            silent = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(20)]
            for one in silent:
                one.close()
            until(lambda: scrape_or_none(port=port), "the door is open again")

    def test_a_day_of_people_leaves_nothing_of_theirs_in_the_metrics_the_words_and_the_status(self):
        with House() as house:
            relay, port = house.relay(), free_port()
            configure(relay, f'[metrics]\nlisten = "127.0.0.1:{port}"\n')
            _, aigul, dana = house.circle_of("Aigul", "Dana", relay=relay)
            hour = int(time.monotonic() / 3600)
            before = scrape(port)[2]
            hears = dana.listen()
            alert = aigul.run("alert", "--now", "--note", lines=["bald man, grey car"], pin=False)
            pressed = alert.wait(1, "state", state="on_relay")
            hears.wait(20, "alert", alert=pressed["alert"])
            page = scrape(port)[2]
            if int(time.monotonic() / 3600) == hour:  # an alert has passed, and nothing of it shows
                hourly = (SOURCE / "docs/metrics.md").read_text().split("## Every hour")[1]
                people = [line for line in before.splitlines() if f"`{base(line.split()[0].split('{')[0])}`" in hourly]
                self.assertGreater(len(people), 40)
                self.assertLessEqual(set(people), set(page.splitlines()))
            said = page + pathlib.Path(relay.log.name).read_text() + json.dumps(numbers(relay))
            for forbidden in ("127.0.0.1", "bald man", "Aigul", "Dana", pressed["alert"], str(relay.data)):
                self.assertNotIn(forbidden, said)
            self.assertFalse(re.search(r"[0-9a-f]{32}", said))
            # No label but the bucket's bound.
            self.assertEqual(set(re.findall(r"\{(\w+)=", page)), {"le"})

    def test_a_socket_for_the_group_and_no_address_but_this_machines(self):
        with House() as house:
            relay = house.relay()
            at = pathlib.Path(house.folder) / "metrics"
            configure(relay, f'[metrics]\nlisten = "unix:{at}"\n')
            self.assertEqual(at.stat().st_mode & 0o777, 0o660)
            self.assertEqual(scrape(path=at)[0], 200)
            relay.kill()
            relay.start()  # over what a killed relay has left
            until(lambda: scrape_or_none(path=at), "the socket answers")
            relay.stop()
            self.assertFalse(at.exists())
            for elsewhere in ("0.0.0.0:9464", "192.0.2.1:9464", "[::]:9464", "relay.example.org:9464", "unix:metrics", "9464"):
                text = relay.config.read_text().replace(f"unix:{at}", elsewhere)
                other = pathlib.Path(house.folder) / "other.toml"
                other.write_text(text)
                done = subprocess.run([relay.vigild, "check", "--config", str(other)], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 1, elsewhere)
                self.assertIn("an address of this machine only", done.stderr)

    def test_the_rules_are_what_promtool_takes_and_alarm_when_they_should(self):
        folder = SOURCE / "deploy/prometheus"
        for command in (["check", "rules", "vigil.yml"], ["test", "rules", "vigil.test.yml"]):
            done = subprocess.run(["promtool", *command], cwd=folder, capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        rules = set(re.findall(r"alert: (\w+)", (folder / "vigil.yml").read_text()))
        alarmed = set(re.findall(r"- alertname: (\w+)", (folder / "vigil.test.yml").read_text()))
        self.assertEqual(rules, alarmed)  # each rule is seen to alarm


def scrape_or_none(port=None, path=None):
    try:
        return scrape(port, path)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


class Watched(unittest.TestCase):
    def watch(self, relay, **options):
        terminal = Terminal(None, None, command=[relay.vigild, "status", "--config", str(relay.config), "--watch"], **options)
        self.addCleanup(terminal.close)
        return terminal

    def test_the_status_is_redrawn_says_when_the_relay_is_gone_and_ends_at_a_signal(self):
        with House() as house:
            relay = house.relay()
            screen = self.watch(relay)
            screen.wait("All is well.")
            screen.wait("0 mailboxes")
            self.assertTrue(screen.inside)
            house.person("Aigul", relay)
            screen.wait("1 mailboxes")
            relay.stop()
            screen.wait("NO ANSWER for")
            screen.wait("the relay to come back.")
            screen.wait("All is well.", gone=True)
            relay.start()
            screen.wait("All is well.")
            screen.wait("NO ANSWER", gone=True)
            for columns, rows in ((40, 10), (20, 3), (1, 1), (120, 40)):
                screen.resize(columns, rows)
            screen.wait("1 mailboxes")
            # No colour, nothing but rows: cursor to a row, erase the rest of a line, the alternate buffer, the cursor's shape.
            used = set(re.findall(rb"\x1b\[\??[0-9;]*([A-Za-z])", screen.raw))
            self.assertLessEqual(used, {b"H", b"K", b"J", b"h", b"l"})
            self.assertEqual(screen.raw.count(b"\x1b[2J"), 1)  # erased once, then drawn over: no flicker
            self.assertEqual(screen.end(signal.SIGTERM), 0)
            self.assertFalse(screen.inside)
            self.assertEqual(screen.modes(), screen.before)
            screen = self.watch(relay)
            screen.wait("1 mailboxes")
            screen.press("\x03")
            self.assertEqual(screen.end(), 0)

    def test_without_a_terminal_screens_follow_each_other_and_a_reader_who_leaves_ends_it(self):
        with House() as house:
            relay = house.relay()
            command = [relay.vigild, "status", "--config", str(relay.config), "--watch"]
            watch = subprocess.Popen(command, stdout=subprocess.PIPE)
            seen = b""
            while seen.count(b"All is well.") < 2:
                seen += os.read(watch.stdout.fileno(), 4096)
            self.assertNotIn(b"\x1b", seen)
            watch.stdout.close()
            self.assertNotEqual(watch.wait(20), 0)
            done = subprocess.run([*command, "--json"], capture_output=True, timeout=60)
            self.assertGreaterEqual(done.returncode, 100)


class Impostor:
    """A proxy at the relay's public port that ends TLS with a key of its own. Counts what arrives inside."""

    def __init__(self, folder, port):
        key, certificate = pathlib.Path(folder) / "impostor.key", pathlib.Path(folder) / "impostor.crt"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key),
                "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.inside, self.handshakes = b"", 0
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(peer, server_side=True) as inside:
                    self.handshakes += 1
                    self.inside += inside.recv(4096)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class OwnAlert(unittest.TestCase):
    def test_it_arrives_over_the_public_route_leaves_nothing_behind_and_is_told(self):
        with House() as house:
            relay = house.relay()
            configure(relay, "[canary]\nevery_s = 1\n")
            told = until(lambda: (n := numbers(relay))["canary_flights"] >= 3 and n, "three flights")
            self.assertEqual(told["canary_failures"], 0)
            self.assertGreaterEqual(told["canary_p99_ms"], told["canary_p50_ms"])
            # Two connections a flight came in at the public door: an owner's and a one-shot.
            self.assertGreaterEqual(told["proofs"], 3)
            self.assertGreaterEqual(told["posts"], 3)
            screen = subprocess.run([relay.vigild, "status", "--config", str(relay.config)], capture_output=True, text=True)
            self.assertIn("Own alert     arrives: half within", screen.stdout)
            # Each flight's mailbox is burned, its copy with it. One may be in the air.
            until(lambda: {numbers(relay)[left] for left in ("mailboxes", "copies_urgent", "invites")} == {0}, "nothing left")
            relay.stop()
            log = pathlib.Path(relay.log.name).read_text()
            self.assertNotIn("own alert", log)
            self.assertNotIn("internal error", log)

    def test_another_key_at_the_public_port_gets_not_one_byte_and_the_operator_hears_of_it(self):
        with House() as house:
            public = free_port()
            impostor = Impostor(house.folder, public)
            relay = house.relay(seen_as=lambda port: public)
            configure(relay, "[canary]\nevery_s = 1\n")
            log = pathlib.Path(relay.log.name)
            until(lambda: "has failed 3 times in a row, at step 4" in log.read_text(), "the line in the log")
            self.assertGreaterEqual(impostor.handshakes, 3)
            self.assertEqual(impostor.inside, b"")
            told = numbers(relay)
            self.assertEqual((told["canary_failed_step"], told["canary_p50_ms"]), (4, -1))
            screen = subprocess.run([relay.vigild, "status", "--config", str(relay.config)], capture_output=True, text=True)
            self.assertIn("THE RELAY'S OWN ALERT DOES NOT ARRIVE", screen.stdout)
            self.assertIn("shows another key", " ".join(screen.stdout.split()))
            # Nobody there at all, and then the right way again.
            impostor.close()
            until(lambda: numbers(relay)["canary_failed_step"] == 2, "nobody answers")
            link = subprocess.Popen([sys.executable, "-c", FORWARD, str(public), str(relay.port)])
            self.addCleanup(link.wait)
            self.addCleanup(link.kill)
            until(lambda: "arrives again, after" in log.read_text(), "well again")
            self.assertEqual(numbers(relay)["canary_failed_in_a_row"], 0)
            self.assertEqual(log.read_text().count("own alert has failed"), 1)  # told once, not at each failure

    def test_a_path_that_the_relay_no_longer_knows_is_told_as_such(self):
        with House() as house:
            relay = house.relay()
            text = relay.config.read_text()
            old = re.search(r'paths = \["([^"]+)"\]', text).group(1)
            relay.config.write_text(text.replace(old, "/" + "x" * 22))  # and nobody has run certify
            configure(relay, "[canary]\nevery_s = 1\n")
            until(lambda: numbers(relay)["canary_failed_step"] == 5, "the path is wrong")


FORWARD = """
import asyncio, sys
async def carry(source, sink):
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    sink.close()
async def serve(near_in, near_out):
    far_in, far_out = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(carry(near_in, far_out), carry(far_in, near_out))
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
asyncio.run(main())
"""


class Backups(unittest.TestCase):
    def vigild(self, house, *arguments, code=0, **options):
        done = subprocess.run([house.vigild, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def keys(self, house, name="age.key"):
        key = pathlib.Path(house.folder) / name
        made = subprocess.run(["age-keygen", "-o", str(key)], capture_output=True, text=True, check=True)
        return key, re.search(r"age1[0-9a-z]+", made.stderr).group(0)

    def test_a_relay_comes_back_elsewhere_with_its_keys_and_without_anything_of_its_members(self):
        with House() as house:
            relay, aigul, dana = house.circle_of("Aigul", "Dana")
            until(lambda: numbers(relay)["mailboxes"] == 2, "two mailboxes")
            self.assertEqual(numbers(relay)["backup_age_s"], -1)
            dana.run("send", "Aigul", lines=["the pink notebook"])
            key, public = self.keys(house)
            file = pathlib.Path(house.folder) / "backup.age"
            said = self.vigild(house, "backup", "--config", relay.config, "--out", file, "--to", public)
            self.assertIn("Not in it: what members have left here, and the root", said)
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
            self.assertLess(numbers(relay)["backup_age_s"], 600)
            self.assertEqual(numbers(relay)["backup_stale"], 0)

            # What is in it, seen with Debian's own programs; and what is not.
            clear = subprocess.run(["age", "-d", "-i", str(key), str(file)], capture_output=True, check=True).stdout
            listed = subprocess.run(["tar", "-t"], input=clear, capture_output=True, check=True).stdout.decode().split()
            self.assertEqual(listed, ["keys/online.certificate", "keys/online.seed", "keys/root.public", "keys/routes",
                                      "keys/tls-next.key", "keys/tls.crt", "keys/tls.key", "vigild.toml"])
            seed = re.search(r"vigil:root:(\S+)", relay.root.read_text()).group(1)
            raw_seed = base64.urlsafe_b64decode(seed + "=" * (-len(seed) % 4))
            for absent in (seed.encode(), raw_seed, raw_seed.hex().encode(), b"pink notebook", b"Aigul", b"Dana"):
                self.assertNotIn(absent, clear)
            slots = (relay.data / "store" / "keys").read_bytes()
            filled = [slots[at:at + 32] for at in range(0, len(slots), 32) if any(slots[at:at + 32])]
            self.assertTrue(filled)
            for piece in filled:
                self.assertNotIn(piece, clear)
            shown = file.read_bytes()  # and nothing at all for who has no key
            for name in listed:
                self.assertNotIn((relay.config if name == "vigild.toml" else relay.data / name).read_bytes(), shown)

            # Elsewhere, with the first one gone.
            relay.stop()
            elsewhere = pathlib.Path(house.folder) / "elsewhere"
            said = self.vigild(house, "restore", "--from", file, "--data", elsewhere, "--identity", key)
            self.assertIn("Each has to join anew with a new invite", " ".join(said.split()))
            self.vigild(house, "check", "--config", elsewhere / "vigild.toml")
            for name in listed:
                self.assertEqual((elsewhere / name).read_bytes(), (relay.data / name).read_bytes())
                self.assertEqual((elsewhere / name).stat().st_mode & 0o777, 0o600)
            before, relay.data, relay.config = relay.data, elsewhere, elsewhere / "vigild.toml"
            relay.start()
            self.member_of_before(house, relay, aigul, dana)
            relay.stop()
            self.refused(house, relay, before, file, key)

    def member_of_before(self, house, relay, aigul, dana):
        """She connects and trusts the relay, with the pin she has; nothing of hers is there, and she is told. What is sent to her
        is refused, and a newcomer is served as ever."""
        until(lambda: numbers(relay), "the console answers")
        proofs = numbers(relay)["proofs"]
        listen = aigul.start("listen")
        until(lambda: numbers(relay)["proofs"] > proofs, "she has proved who she is, over the pinned key")
        listen.wait(1, "unknown")
        self.assertFalse([event for event in listen.events if event["event"] == "connected"])
        listen.kill()
        said = dana.run("send", "Aigul", lines=["are you there"], code=4).wait(1, "error")["words"]
        self.assertIn("Aigul cannot be reached", said)
        house.person("Boris", relay)
        self.assertEqual(numbers(relay)["mailboxes"], 1)

    def refused(self, house, relay, before, file, key):
        """Over a relay that is there, with another key, from something else: each refused, nothing changed."""
        held = {p: p.read_bytes() for p in sorted(before.rglob("*")) if p.is_file()}
        said = self.vigild(house, "restore", "--from", file, "--data", before, "--identity", key, code=1)
        self.assertIn("A relay lies in", said)
        self.assertEqual(held, {p: p.read_bytes() for p in sorted(before.rglob("*")) if p.is_file()})
        empty = pathlib.Path(house.folder) / "empty"
        other, public = self.keys(house, "other.key")
        said = self.vigild(house, "restore", "--from", file, "--data", empty, "--identity", other, code=1)
        self.assertIn("age has not opened", said)
        odd = pathlib.Path(house.folder) / "odd.age"
        clear = subprocess.run(["age", "-d", "-i", str(key), str(file)], capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(clear)) as archive:
            whole = {entry.name: archive.extractfile(entry).read() for entry in archive}
        half = self.tar({**whole, "keys/online.certificate": b""})  # of another relay, or damaged
        for content, words in ((b"no archive", "ends too early"), (b"x" * 2048, "is no archive of files"),
                               (self.tar({"vigild.toml": b"", "extra": b""}), "it has no keys"),
                               (self.tar({"../vigild.toml": b""}), "it has no vigild.toml"), (half, "Nothing was left behind")):
            with open(odd, "wb") as out:
                subprocess.run(["age", "-r", public], input=content, stdout=out, check=True)
            self.assertIn(words, self.vigild(house, "restore", "--from", odd, "--data", empty, "--identity", other, code=1))
        self.assertFalse(empty.exists())
        # A backup never overwrites, needs somebody who may open it, and takes no secret as an argument.
        fresh = odd.with_suffix(".new")
        for wrong, words in ((["--out", file, "--to", public], "Nothing was overwritten"), (["--out", fresh], "say who may open"),
                             (["--out", fresh, "--to", "AGE-SECRET-KEY-1"], "public key"),
                             (["--out", fresh, "--to", "age1wrong"], "age has not encrypted")):
            self.assertIn(words, self.vigild(house, "backup", "--config", relay.config, *wrong, code=1))
        self.assertFalse(fresh.exists())

    def tar(self, files):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return out.getvalue()

    def test_a_passphrase_is_typed_on_the_terminal_and_a_backup_grows_old_with_its_keys(self):
        with House() as house:
            relay = house.relay()
            file = pathlib.Path(house.folder) / "backup.age"
            self.typed(house, ["backup", "--config", str(relay.config), "--out", str(file), "--passphrase"], times=2)
            self.assertTrue(file.exists())
            self.assertEqual(numbers(relay)["backup_stale"], 0)
            relay._run("certify", "--root", relay.root, "--config", relay.config)
            os.utime(relay.data / "keys" / "routes", (time.time() + 60, time.time() + 60))  # a second may be too short to tell
            self.assertEqual(numbers(relay)["backup_stale"], 1)
            screen = subprocess.run([relay.vigild, "status", "--config", str(relay.config)], capture_output=True, text=True)
            self.assertIn("have changed since the last backup", " ".join(screen.stdout.split()))
            elsewhere = pathlib.Path(house.folder) / "elsewhere"
            self.typed(house, ["restore", "--from", str(file), "--data", str(elsewhere)], times=1)
            self.vigild(house, "check", "--config", elsewhere / "vigild.toml")

    def typed(self, house, arguments, times):
        terminal = Terminal(None, None, command=[house.vigild, *arguments], columns=200)
        self.addCleanup(terminal.close)
        for asked in range(times):
            until(lambda: terminal.raw.count(b"assphrase") > asked, "age asks")
            terminal.press("correct horse battery\r")
        self.assertEqual(terminal.end(within_s=60), 0, terminal.raw)


if __name__ == "__main__":
    run_journeys(__doc__, Metrics, Watched, OwnAlert, Backups)
