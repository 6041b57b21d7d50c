"""What bench/RESULTS.md says of a run of peers.py: medians, goals, and why one is not held. Used by peers.py only."""

import dataclasses
import statistics

NAMES = {"vigil": "**Vigil**", "mosquitto": "Mosquitto", "rabbitmq": "RabbitMQ", "nats": "NATS", "ejabberd": "ejabberd",
         "prosody": "Prosody"}
GUARANTEE = {"vigil": "synced before the answer", "mosquitto": "in memory", "rabbitmq": "synced before the confirm",
             "nats": "written, not synced", "ejabberd": "in memory", "prosody": "written, not synced"}

# The tables: title, what is played, columns of heading, figure and format.
RATE = (("per second", "per_s", "{:,.0f}"), ("CPU, us each", "cpu_us", "{:.1f}"),
        ("load's CPU, us each", "load_cpu_us", "{:.1f}"))
TABLES = {
    "relay": ("1a. Stored for owners who are away",
              "8 senders, 4 frames of 32 ahead of their answers, 100 mailboxes. Two mailboxes are read back and counted.",
              (*RATE, ("answer p50, ms", "p50_ms", "{:.1f}"), ("answer p99, ms", "p99_ms", "{:.1f}"))),
    "reconnect": ("1b. Owners come back: connect, log in, fetch and acknowledge",
                  "100 messages wait in each mailbox; 8 owners at a time. Rates in messages; the handshake is in them.",
                  (*RATE, ("one owner p50, ms", "p50_ms", "{:.1f}"))),
    "online": ("2a. Relayed to owners who listen, with the answer to the sender",
               "8 senders as in 1a, 8 readers who acknowledge. Until the last message is read.",
               (*RATE, ("answer p50, ms", "p50_ms", "{:.1f}"), ("answer p99, ms", "p99_ms", "{:.1f}"))),
    "latency": ("2b, 2c. At 1,000 a second",
                "One sender with a timetable, 8 readers. Times in ms, from the moment at which a message should have been sent.",
                (("to the reader p50", "end_to_end_p50_ms", "{:.2f}"), ("p99", "end_to_end_p99_ms", "{:.2f}"),
                 ("to the answer p50", "answer_p50_ms", "{:.2f}"), ("p99", "answer_p99_ms", "{:.2f}"),
                 ("fdatasync beside it p50", "fdatasync_p50_ms", "{:.2f}"), ("p99", "fdatasync_p99_ms", "{:.2f}"),
                 ("CPU, us each", "cpu_us", "{:.0f}"))),
    "drain-alert": ("Alerts beside a drain",
                    "Alerts to 32 readers at a fixed rate, urgent where a service knows a difference, while another reader "
                    "fetches 100,000 messages of 1 KB, and while nobody does; in turn, twice each. Times in ms, from the moment "
                    "at which an alert should have been sent until its reader has it. The drain's own reader is a thread of "
                    "the load with less priority: in life it is another machine.",
                    (("without p50", "quiet_p50_ms", "{:.2f}"), ("p99", "quiet_p99_ms", "{:.2f}"),
                     ("worst", "quiet_max_ms", "{:.1f}"), ("beside the drain p50", "drain_p50_ms", "{:.2f}"),
                     ("p99", "drain_p99_ms", "{:.2f}"), ("worst", "drain_max_ms", "{:.1f}"),
                     ("drained per second", "drain_per_s", "{:,.0f}"),
                     ("the load's own lateness beside it p99", "drain_late_p99_ms", "{:.2f}"))),
    "fan-out": ("3. One request to 1,000 who listen",
                "Until bytes have come to the last one's socket, 15 times with 2,000 messages a second to 8 other readers behind "
                "it, by a timetable, and 15 times without; in turn. The relay takes one envelope and 1,000 addresses, a peer one "
                "publish to a topic, subject or node of 1,000 subscribers.",
                (("last one p50 with traffic, ms", "busy_p50_ms", "{:.1f}"), ("worst", "busy_max_ms", "{:.1f}"),
                 ("p50 without", "quiet_p50_ms", "{:.1f}"), ("worst", "quiet_max_ms", "{:.1f}"),
                 ("CPU without, us a reader", "quiet_cpu_us", "{:.1f}"),
                 ("traffic's messages per second", "behind_per_s", "{:,.0f}"),
                 ("to the reader p50, ms", "behind_p50_ms", "{:.1f}"), ("p99", "behind_p99_ms", "{:.1f}"))),
    "idle": ("4a. Memory of an idle connection that is logged in and listens",
             "1,000 connections, 2.5 s after the last one came.",
             (("resident, bytes", "resident_bytes_per_connection", "{:,.0f}"),
              ("with its mailbox", "resident_bytes_with_mailbox", "{:,.0f}"),
              ("private, bytes", "bytes_per_connection", "{:,.0f}"))),
    "login": ("4b. Accept, TLS handshake, upgrade, login", "1,000 one after the other, no resumption.",
              (("CPU, us each", "cpu_us", "{:.0f}"), ("p50, ms", "p50_ms", "{:.2f}"), ("p99, ms", "p99_ms", "{:.2f}"))),
    "growth": ("5. Growth",
               "The same 60,000 further messages and the same drains at 1,000 queued and at 1,000,000, once; then SIGKILL. "
               "Memory is what lies between the two. CPU without flushes and compactions, which stand apart.",
               (("CPU at 1 k, us each", "few_send_cpu_us", "{:.1f}"), ("at 1 M", "many_send_cpu_us", "{:.1f}"),
                ("flushing and merging at 1 M", "many_background_us", "{:.1f}"),
                ("draining at 1 k, us each", "few_drain_cpu_us", "{:.1f}"), ("at 1 M", "many_drain_cpu_us", "{:.1f}"),
                ("bytes a queued copy", "bytes_per_queued_copy", "{:.1f}"), ("restart, ms", "many_restart_ms", "{:.0f}"))),
    "kills": ("6. Acknowledged and lost: SIGKILL",
              "8 senders store to 8 mailboxes and are answered; the service is killed at a random moment, 20 to 400 ms after the "
              "first answer, and started again on the same data; one mailbox in turn is emptied, all of them at the end. Lost is "
              "what was acknowledged to a sender and came to no reader.",
              (("kills", "kills", "{:.0f}"), ("acknowledged", "acknowledged", "{:,.0f}"), ("lost", "lost", "{:,.0f}"),
               ("stored without an answer", "stored_without_an_answer", "{:,.0f}"), ("came again", "came_again", "{:,.0f}"))),
    "power": ("6. Acknowledged and lost: unsynced writes dropped",
              "`tests/chaos/crash_test [power]` (`./dev test -R crash_power`): the relay's store on a file system that stops in "
              "the midst of a random operation, keeps what was synced, and tears or drops the rest. A second part of the test "
              "leaves a sync out and must find copies lost.",
              (("losses of power", "kills", "{:.0f}"), ("acknowledged", "acknowledged", "{:,.0f}"), ("lost", "lost", "{:,.0f}"),
               ("files torn", "files_torn", "{:,.0f}"))),
}
LIMITS = (("fdatasync of 4 KB, per second", "disk_syncs_per_s", "{:,.0f}"),
          ("fdatasync of 1 KB p50, ms", "fdatasync_p50_ms", "{:.2f}"), ("p99, ms", "fdatasync_p99_ms", "{:.2f}"),
          ("bare TLS loop, messages per second", "loopback_per_s", "{:,.0f}"),
          ("its server's CPU, us each", "loopback_cpu_us", "{:.2f}"))
SHOWN = {load: tuple(figure for _, figure, _ in columns) for load, (_, _, columns) in TABLES.items()}
SHOWN["limits"] = tuple(figure for _, figure, _ in LIMITS)


class Medians:
    def __init__(self, data):
        self.data = data

    def values(self, load, service, figure, rounds=lambda number: number > 0):
        return [one["figures"][figure] for one in self.data["samples"]
                if one["load"] == load and one["service"] == service and rounds(one["round"]) and figure in one["figures"]]

    def of(self, load, service, figure):
        """None where it was not measured."""
        values = self.values(load, service, figure)
        return statistics.median(values) if values else None

    def judged(self, load, service, figure):
        """Of the long run, round 0, where there was one: goal 1a is about a minute and more."""
        values = self.values(load, service, figure, lambda number: number == 0)
        return values[0] if values else self.of(load, service, figure)


@dataclasses.dataclass(frozen=True)
class Goal:
    number: str
    words: str
    load: str
    figure: str
    against: str | tuple[str, ...]  # peers; »figure:NAME« = another figure of the relay's own run; empty: the figure itself
    at_least: bool
    bound: float
    unit: str = "x"


def at_least(number, words, load, figure, against, bound):
    return Goal(number, words, load, figure, against, True, bound)


def at_most(number, words, load, figure, against, bound, unit="x"):
    return Goal(number, words, load, figure, against, False, bound, unit)


GOALS = (
    at_least("1a", "stored per second, beside RabbitMQ (syncs too)", "relay", "per_s", "rabbitmq", 15),
    at_least("1a", "stored per second, beside the fastest peer that does not sync", "relay", "per_s",
             ("mosquitto", "nats", "ejabberd", "prosody"), 1.0),
    at_most("1a", "CPU per stored message, beside Mosquitto (stretch: 1.0)", "relay", "cpu_us", "mosquitto", 1.2),
    at_least("1b", "come back and drain, beside Mosquitto", "reconnect", "per_s", "mosquitto", 1.5),
    at_least("1b", "come back and drain, beside NATS", "reconnect", "per_s", "nats", 4),
    at_least("1b", "come back and drain, beside RabbitMQ", "reconnect", "per_s", "rabbitmq", 6),
    at_least("1b", "come back and drain, beside ejabberd", "reconnect", "per_s", "ejabberd", 6),
    at_least("2a", "relayed online, beside Mosquitto (memory)", "online", "per_s", "mosquitto", 1.0),
    at_least("2a", "relayed online, beside NATS", "online", "per_s", "nats", 3),
    at_least("2a", "relayed online, beside RabbitMQ", "online", "per_s", "rabbitmq", 10),
    at_most("2b", "to the reader at 1,000/s, p50, beside Mosquitto", "latency", "end_to_end_p50_ms", "mosquitto", 1.3),
    at_most("2b", "to the reader at 1,000/s, p99, beside NATS", "latency", "end_to_end_p99_ms", "nats", 0.5),
    at_most("2c", "durable answer at 1,000/s, p50, beside fdatasync", "latency", "answer_p50_ms", "figure:fdatasync_p50_ms", 3),
    at_most("2c", "durable answer at 1,000/s, p99, beside fdatasync", "latency", "answer_p99_ms", "figure:fdatasync_p99_ms", 2),
    at_most("3", "last of 1,000, traffic behind, beside Mosquitto", "fan-out", "busy_p50_ms", "mosquitto", 0.5),
    at_most("3", "last of 1,000, traffic behind, beside NATS", "fan-out", "busy_p50_ms", "nats", 0.1),
    at_most("3", "last of 1,000, traffic behind, beside ejabberd", "fan-out", "busy_p50_ms", "ejabberd", 0.1),
    at_most("4a", "memory of an idle connection, beside Mosquitto", "idle", "resident_bytes_per_connection", "mosquitto", 1.0),
    at_most("4a", "memory of an idle connection, beside NATS", "idle", "resident_bytes_per_connection", "nats", 0.6),
    at_most("4a", "memory of an idle connection and its mailbox, beside ejabberd", "idle", "resident_bytes_with_mailbox",
            "ejabberd", 0.25),
    at_most("4b", "CPU of a login", "login", "cpu_us", "", 510, "us"),
    at_most("4b", "CPU of a login, beside Mosquitto", "login", "cpu_us", "mosquitto", 0.65),
    at_most("4b", "CPU of a login, beside ejabberd", "login", "cpu_us", "ejabberd", 0.25),
    at_most("5", "CPU of a message at 1 M queued, beside 1 k", "growth", "many_send_cpu_us", "figure:few_send_cpu_us", 1.2),
    at_most("5", "memory of a queued copy", "growth", "bytes_per_queued_copy", "", 64, "B"),
    at_most("5", "restart with 1 M queued", "growth", "many_restart_ms", "", 1000, "ms"),
    at_most("6", "acknowledged and lost in 100 random SIGKILLs", "kills", "lost", "", 0, "copies"),
    at_most("6", "acknowledged and lost with unsynced writes dropped", "power", "lost", "", 0, "copies"),
    # »Unmoved«, said in numbers: the issue's own measure of flat.
    at_most("lane", "alert latency unmoved by a 100,000-copy drain, p50", "drain-alert", "drain_p50_ms",
            "figure:quiet_p50_ms", 1.2),
    at_most("lane", "alert latency unmoved by a 100,000-copy drain, p99", "drain-alert", "drain_p99_ms",
            "figure:quiet_p99_ms", 1.2),
)


@dataclasses.dataclass(frozen=True)
class Judged:
    goal: Goal
    reached: float | None
    held: bool | None  # None: not measured
    own: float | None = None  # the relay's figure, and whose it is beside
    other: float | None = None

    def texts(self):
        def show(number):
            return f"{number:.2f}x" if self.goal.unit == "x" else f"{number:,.0f} {self.goal.unit}"
        reached = "not measured" if self.reached is None else show(self.reached)
        if self.reached is not None and self.goal.unit == "x":
            reached += f" ({figure_text(self.own)} : {figure_text(self.other)})"
        bound = ("at least " if self.goal.at_least else "at most ") + show(self.goal.bound)
        return reached, bound, {True: "held", False: "NOT HELD", None: "not measured"}[self.held]


def figure_text(number) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def judge_one(medians: Medians, goal: Goal) -> Judged:
    own = medians.judged(goal.load, "vigil", goal.figure)
    others = []
    if goal.against == "":
        reached = own
    else:
        if isinstance(goal.against, str) and goal.against.startswith("figure:"):
            others = [medians.judged(goal.load, "vigil", goal.against.removeprefix("figure:"))]
        else:
            names = (goal.against,) if isinstance(goal.against, str) else goal.against
            others = [medians.judged(goal.load, name, goal.figure) for name in names]
        others = [one for one in others if one]
        reached = own / max(others) if own is not None and others else None
    if reached is None:
        return Judged(goal, None, None)
    held = reached >= goal.bound if goal.at_least else reached <= goal.bound
    return Judged(goal, reached, held, own, max(others) if others else None)


def judge(data) -> list[Judged]:
    medians = Medians(data)
    return [judge_one(medians, goal) for goal in GOALS if goal.load in data["options"]]


def goals_as_text(judged) -> str:
    return "\n".join(f"{one.goal.number:<4} {one.goal.words:<62} {reached:>30}  {bound:<18} {held}"
                     for one in judged for reached, bound, held in [one.texts()])


# --- the page --------------------------------------------------------------------------------------------------------

RULES = """\
- Each load is one piece of code (`vigil-load`), played against everybody; each service is a fresh process in a fresh folder on
  the same disk, over TLS 1.3 WebSockets on loopback, with a P-256 certificate of its own and messages of 1,024 bytes of noise.
- Rounds are interleaved: in each, a load is played against each service in turn, beginning with another one. Figures are medians
  of the rounds, with the least and the most behind the first one; percentiles are of all raw samples of a round.
- CPU is user and system time of the service's whole process tree, from /proc, divided by the messages. The load runs on the same
  processors, so rates are bounded by both; the load's own CPU stands beside the rate.
- Every load counts what was acknowledged and what was read, and fails when a message is missing. A peer is asked to be as durable
  as it can be; where it answers without a sync, the table says so.
- Many messages share a WebSocket frame, and so do acknowledgements, for the peers as for the relay."""

SETTINGS = """\
What was set to make the peers faster (bench/mqtt_brokers.cpp, nats_service.cpp and prosody_broker.cpp hold all of it):

- **Mosquitto**: persistence on, autosave every 30 min (never within a run), no limit on what is queued or in flight, TCP_NODELAY,
  a password file with its default hashing. Its loop looks after new WebSocket connections every 100 ms when nothing else happens;
  a plain connection pings it every millisecond, or every login would take 300 ms (that costs it about 0.5 % of a processor).
- **RabbitMQ**: Web MQTT, durable classic queues of version 2, prefetch 1,000 instead of 10, no spinning schedulers.
- **NATS**: JetStream on files by its own protocol, one stream, asynchronous publishing, a durable push consumer for each mailbox,
  one acknowledgement for all of a batch (ack policy *all*), retention by limits: acknowledged messages are kept,
  which is less work.
- **ejabberd**: mod_mqtt over its WebSocket handler, sessions and queues in memory without a limit, no spinning schedulers.
- **Prosody**: XMPP over its WebSockets, one stanza in a frame by the rules of XMPP, frames of a batch in one TLS write; payloads
  in base64, because a stanza is text; stored is what its stream management (XEP-0198) acknowledges; to all is a node of its
  publish-subscribe component; plain passwords, or each login would hash one; a queue of 500 unacknowledged as installed.
- Messages have quality of service 1 and sessions are persistent (clean session 0) for all who speak MQTT.
- **Vigil**: as installed, with limits on copies, bytes and requests that a flood does not meet; session tickets on."""

# Why a goal is not held, in plain words; printed only where one is not.
WHY = {
    "1a": "NATS appends to a log, unsealed and unsynced; the relay seals, syncs, sorts and merges once. perf, 15 s of this "
          "load: 29 % of the CPU in the synced write (18 % into the sorted memtable, 10 % into the log), 32 % in the two "
          "threads of connections (TLS, frames), 14 % in merging, 11 % in flushing. RabbitMQ's figure is higher here than "
          "the 3,900 a second that the goal was set by.",
    "1b": "Of the relay's CPU a message, a quarter is the handshake and login of its owner (4b). Not profiled beyond that.",
    "2a": "Not profiled; the store's part is as in 1a.",
    "2b": "A message changes threads three times: connection, committer, connection. Mosquitto has one thread.",
    "2c": "Who comes while a commit is being synced waits for the rest of that sync and for one of its own; and the disk is "
          "shared with flushes.",
    "3": "perf, quiet and busy: 38 % in the kernel (writes and wake-ups), 17 % in libcrypto, 17 % in libc, 15 % in the "
         "relay's own code. Each reader is a frame, a record, a write and a wake-up; a thousand of them are more than the goal "
         "on two cores that the thousand readers share.",
    "4a": "Mosquitto's connections cost the same; a bare loop of epoll and OpenSSL takes 14 KB.",
    "4b": "perf: 27 to 38 % in the kernel (loopback and wake-ups), 27 to 35 % in libcrypto (a good part of it is how OpenSSL 3.0 "
          "looks up its algorithms), 12 % in allocating, 9 % in libsodium, 9 % in the relay's own code.",
    "5": "What a million copies cost more is flushing and merging, which a thousand hardly cause.",
    "lane": "The drain and the alerts share two cores with both their readers; not profiled beyond that.",
}


def table(headings, rows) -> str:
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def cells(medians, load, service, columns):
    out = []
    for at, (_, figure, form) in enumerate(columns):
        values = medians.values(load, service, figure)
        text = form.format(statistics.median(values)) if values else "-"
        if at == 0 and len(values) > 1:
            text += f" ({form.format(min(values))} to {form.format(max(values))})"
        out.append(text)
    return out


STORING = ("relay", "online", "latency", "kills")


def load_section(data, medians, load) -> str:
    title, words, columns = TABLES[load]
    rows = [[NAMES[service], *([GUARANTEE[service]] if load in STORING else []),
             *cells(medians, load, service, columns)]
            for service in NAMES if any(medians.values(load, service, figure) for _, figure, _ in columns)]
    headings = ["", *(["stored is"] if load in STORING else []), *(heading for heading, _, _ in columns)]
    out = f"### {title}\n\n{words} (`{' '.join((load, data['options'][load])).strip()}`)\n\n{table(headings, rows)}\n"
    if load == "relay" and data["long_s"]:
        rows = [[NAMES[service], *(form.format(one["figures"][figure]) for _, figure, form in columns),
                 f"{one['figures']['resident_mb']:,.0f}"]
                for service in NAMES for one in data["samples"]
                if (one["load"], one["service"], one["round"]) == ("relay", service, 0)]
        out += f"\nOne run of {data['long_s']} s each:\n\n"
        out += table(["", *(heading for heading, _, _ in columns), "resident at its end, MB"], rows) + "\n"
    return out


def limits_section(medians) -> str:
    rows = [[heading, form.format(statistics.median(values)), form.format(min(values)), form.format(max(values))]
            for heading, figure, form in LIMITS if (values := medians.values("limits", "limits", figure))]
    words = ("Measured before each load of each round: what any service meets that syncs one message at a time, and what a loop "
             "of TLS frames costs that stores nothing (32 messages in a frame, one connection).")
    return f"### The limits of the same minutes\n\n{words}\n\n{table(['', 'median', 'least', 'most'], rows)}\n"


def failures_section(data) -> str:
    if not data["failures"]:
        return ""
    lines = [f"- {NAMES.get(one['service'], one['service'])}, {one['load']}, round {one['round']}: {one['why']}"
             for one in data["failures"]]
    return "### Left out\n\n" + "\n".join(lines) + "\n\n"


def why_not(judged) -> str:
    missed = [one for one in judged if one.held is False]
    if not missed:
        return ""
    lines = []
    for number in dict.fromkeys(one.goal.number for one in missed):
        lines.append(f"- **{number}**: " + WHY.get(number, "not examined yet."))
    return "\n## Where a goal is not held, and why\n\n" + "\n".join(lines) + "\n"


def page(data, judged) -> str:
    medians, machine = Medians(data), data["machine"]
    held = sum(one.held is True for one in judged)
    goals = table(["", "goal", "reached", "to hold", ""],
                  [[one.goal.number, one.goal.words, reached, bound, word if word == "held" else f"**{word}**"]
                   for one in judged for reached, bound, word in [one.texts()]])
    loads = "\n".join(load_section(data, medians, load) for load in TABLES
                      if any(one["load"] == load for one in data["samples"]))
    loads_average = ", ".join(f"{one:.2f}" for one in data["load_average_before"])
    after = ", ".join(f"{one:.2f}" for one in data["load_average_after"])
    rounds = max((one["round"] for one in data["samples"]), default=0)
    busy = " **Something else ran on this machine.**" if data["load_average_before"][0] > 1 else ""
    unplayed = [load for load in data["options"] if not medians.values(load, "vigil", SHOWN[load][0])]
    busy += f" **It was interrupted: no figures of {', '.join(unplayed)}.**" if unplayed else ""
    return f"""# Vigil beside its peers

Written by `./dev bench peers`; no figure here is typed by hand. {data['began']}, rounds: {rounds}, interleaved,
{data['took_s'] / 60:.0f} minutes. Ratios are Vigil's median over the peer's median of the same run;
1a is judged by the long run where there was one.{busy}

| | |
|---|---|
| Machine | {machine['processor']}, {machine['memory_gb']} GB, {machine['kernel']}, {machine['file_system']} |
| Load average (1, 5, 15 min) | {loads_average} before; {after} after (the run's own) |
| Vigil | commit {machine['commit']}{' and changes that are not committed' if machine['dirty'] else ''}, release build |
| From Debian | {', '.join(machine['versions'])} |

## Goals: {held} of {len(judged)} held

{goals}

Behind a ratio stand the two figures: the relay's and what it is beside. »lane« is the issue's fifth step; unmoved is at most
1.2x, its own measure of flat.
{why_not(judged)}
## Figures

{limits_section(medians)}
{loads}
{failures_section(data)}## Rules

{RULES}

{SETTINGS}
"""
