#!/usr/bin/env python3
"""The relay and its peers side by side, in interleaved rounds: ./dev bench peers, or peers.py BUILD-FOLDER.

    peers.py build/release [--rounds N] [--services a,b] [--loads a,b] [--long SECONDS] [--gate] [--from FILE]

Each load of a round is played against each service in turn, every time against a fresh process in a fresh folder
(vigil-load LOAD --service NAME). What was measured is kept in BUILD-FOLDER/bench/peers.json, and bench/RESULTS.md is written from
it (peers_page.py). --from writes that page again from such a file. With --gate nothing is written: each goal is printed with
what was reached, and the exit code is 1 when one is not held. A service that cannot play is named with its reason and left out.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time

import peers_page

HERE = pathlib.Path(__file__).resolve().parent
SERVICES = ("vigil", "mosquitto", "rabbitmq", "nats", "ejabberd", "prosody")
PACKAGES = ("mosquitto", "rabbitmq-server", "nats-server", "ejabberd", "erlang-base", "prosody")
# In each round, in this order. Short: what decides is the median of the rounds, and one long run of the first at the end.
LOADS = {
    "relay": ("--seconds", "5"),
    "reconnect": ("--mailboxes", "200", "--each", "100"),
    "online": ("--seconds", "4"),
    "latency": ("--seconds", "8", "--per-second", "1000"),
    "drain-alert": ("--backlog", "100000", "--per-second", "100", "--readers", "32", "--seconds", "2"),
    "fan-out": ("--many", "1000", "--per-second", "2000"),
    "idle": ("--many", "1000"),
    "login": ("--many", "1000"),
}
# Others would fill for minutes before they can drain.
PLAYED_BY = {"drain-alert": ("vigil", "mosquitto", "nats")}
# Once, behind the rounds, and only by these: what is killed must have stored something, and growth is the relay's own.
ONCE = {
    "kills": {"vigil": ("--count", "100"), "mosquitto": ("--count", "10"), "rabbitmq": ("--count", "10"),
              "nats": ("--count", "10"), "prosody": ("--count", "10")},
    "power": {"vigil": ()},
    "growth": {"vigil": ("--copies", "1000000")},
}
# For one load: what takes longer has failed.
PATIENCE_S = 90
PATIENCE_OF_S = {"drain-alert": 300, "fan-out": 300, "kills": 900, "power": 900, "growth": 900}


class Failed(Exception):
    pass


def play(load_program, load, service, options, folder, patience_s=PATIENCE_S):
    """The figures of one load. Throws Failed, in words."""
    command = [str(load_program), load, "--service", service, "--json", *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          start_new_session=True) as process:
        try:
            out, err = process.communicate(timeout=patience_s)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
            os.killpg(process.pid, signal.SIGKILL)  # its own group: the load and the service that it started
            process.communicate()
            if isinstance(error, KeyboardInterrupt):
                raise
            raise Failed(f"not done after {patience_s:.0f} s") from error
    if process.returncode != 0:
        raise Failed(" ".join(err.split())[-400:] or f"exit code {process.returncode}")
    return json.loads(out)


def power_losses(build_folder):
    """tests/chaos: the store on a file system that keeps only what was synced. The figures of its own line."""
    test = build_folder.parent / "dev/tests/chaos/crash_test"
    if not test.exists():
        raise Failed(f"{test} is not built; ./dev bench peers builds it")
    done = subprocess.run([test, "[power]"], capture_output=True, text=True, check=False, timeout=PATIENCE_OF_S["power"])
    said = re.search(r"power: (\d+) losses, .* (\d+) copies answered DONE, .* (\d+) lost; torn (\d+) files", done.stdout)
    if done.returncode == 0 and said:
        cuts, answered, lost, torn = map(int, said.groups())
        return {"kills": cuts, "acknowledged": answered, "lost": lost, "files_torn": torn}
    if lost := done.stdout.count("was answered DONE and is lost"):
        return {"lost": lost}
    raise Failed(" ".join(done.stdout.split())[-400:] or f"exit code {done.returncode}")


def say(words):
    print(words, flush=True)


class Run:
    """What is measured, as it comes."""

    def __init__(self, arguments, load_program, folder):
        self.arguments, self.load_program, self.folder = arguments, load_program, folder
        self.samples, self.failures, self.began = [], [], time.monotonic()
        self.out = {"began": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "load_average_before": os.getloadavg(),
                    "machine": machine(folder), "long_s": arguments.long, "samples": self.samples, "failures": self.failures,
                    "options": {load: " ".join(LOADS.get(load) or ONCE[load]["vigil"]) for load in arguments.loads}}

    def keep(self, file):
        self.out |= {"took_s": time.monotonic() - self.began, "load_average_after": os.getloadavg()}
        file.write_text(json.dumps(self.out, indent=1) + "\n")

    def one(self, round_number, load, service, options, patience_s=None):
        name = "limits" if load == "limits" else service
        failed_before = [one for one in self.failures if one["load"] == load and one["service"] == name]
        if len(failed_before) >= 2:
            return
        try:
            if load == "power":
                figures = power_losses(self.arguments.folder)
            else:
                figures = play(self.load_program, load, service, options, self.folder,
                               patience_s or PATIENCE_OF_S.get(load, PATIENCE_S))
        except Failed as why:
            self.failures.append({"round": round_number, "load": load, "service": name, "why": str(why)})
            say(f"  {name:<10} left out: {why}")
            return
        self.samples.append({"round": round_number, "load": load, "service": name, "figures": figures,
                             "load_average": os.getloadavg()[0]})
        shown = [(key, figures[key]) for key in peers_page.SHOWN[load] if key in figures]
        say(f"  {name:<10} " + "  ".join(f"{key} {value:,.2f}" for key, value in shown))

    def rounds(self):
        for number in range(1, self.arguments.rounds + 1):
            for load in (one for one in self.arguments.loads if one in LOADS):
                say(f"round {number}, {load} (load average {os.getloadavg()[0]:.2f})")
                self.one(number, "limits", "vigil", ("--seconds", "1"))
                # Each round begins with another service, so that nobody always comes first.
                turn = number % len(self.arguments.services)
                for service in self.arguments.services[turn:] + self.arguments.services[:turn]:
                    if service not in PLAYED_BY.get(load, SERVICES):
                        continue
                    self.one(number, load, service, LOADS[load])

    def once(self):
        for load in (one for one in self.arguments.loads if one in ONCE):
            say(f"once, {load}")
            for service in self.arguments.services:
                if service in ONCE[load]:
                    self.one(1, load, service, ONCE[load][service])

    def long(self):
        seconds = self.arguments.long
        if not seconds or "relay" not in self.arguments.loads:
            return
        say(f"one long run: relay, {seconds} s each")
        for service in self.arguments.services:
            self.one(0, "relay", service, ("--seconds", str(seconds), "--read-back", "1"), seconds + PATIENCE_S)


def text_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def machine(folder):
    model = [line.split(":", 1)[1].strip() for line in text_of("lscpu").splitlines() if line.startswith("Model name")]
    versions = text_of("dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES, "libssl3", "librocksdb7.8")
    return {
        "processor": f"{os.cpu_count()} x {model[0] if model else platform.machine()}",
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "kernel": f"{platform.system()} {platform.release()}",
        "file_system": text_of("stat", "-f", "-c", "%T", str(folder)),
        "versions": versions.splitlines(),
        "commit": text_of("git", "-C", str(HERE), "rev-parse", "--short", "HEAD"),
        "dirty": bool(text_of("git", "-C", str(HERE.parent), "status", "--porcelain", "--untracked-files=no", "--",
                              "server", "storage", "crypto", "proto", "bench/*.cpp", "bench/*.hpp")),
    }


def measured(arguments):
    """Runs everything; returns what peers_page reads. A run that is interrupted (Ctrl-C) has kept what it has: --from."""
    work = arguments.folder / "bench"
    with tempfile.TemporaryDirectory(prefix="peers-", dir=work, ignore_cleanup_errors=True) as folder:
        run = Run(arguments, work / "vigil-load", folder)
        try:
            run.rounds()
            run.once()
            run.long()
        finally:
            run.keep(work / "peers.json")
    return run.out


def some_of(known):
    def parse(text):
        chosen = text.split(",")
        if unknown := [one for one in chosen if one not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(known)}")
        return tuple(chosen)
    return parse


def main():
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("folder", type=lambda text: pathlib.Path(text).resolve(), help="where the release build lies")
    reader.add_argument("--rounds", type=int, default=3)
    reader.add_argument("--services", type=some_of(SERVICES), default=SERVICES, help=",".join(SERVICES))
    reader.add_argument("--loads", type=some_of((*LOADS, *ONCE)), default=(*LOADS, *ONCE),
                        help=",".join((*LOADS, *ONCE)))
    reader.add_argument("--long", type=int, default=60, help="seconds of the one long run of relay; 0: none")
    reader.add_argument("--gate", action="store_true", help="print the goals, write nothing, exit 1 when one is not held")
    reader.add_argument("--from", dest="file", type=pathlib.Path, help="no run: what an earlier one kept")
    arguments = reader.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # what was measured is kept, the service of the moment ends
    data = json.loads(arguments.file.read_text()) if arguments.file else measured(arguments)
    judged = peers_page.judge(data)
    if not arguments.gate:
        page = HERE / "RESULTS.md"
        page.write_text(peers_page.page(data, judged))
        say(f"written: {page}")
    say(peers_page.goals_as_text(judged))
    if arguments.gate and any(one.held is not True for one in judged):
        sys.exit(1)


if __name__ == "__main__":
    main()
