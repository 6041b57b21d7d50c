#!/usr/bin/env python3
"""Writes the first inputs of the fuzzers whose inputs are messages: seeds.py FOLDER makes FOLDER/NAME/... Run by hand, when
a case of relay_cases.proto or member_cases.proto has changed; what fuzzing then finds is minimised into corpus/ (README.md)."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
A, B = "a" * 32, "b" * 32


def deliver(extra: str = "", to: str = A) -> str:
    return f'deliver {{ id: "{"i" * 16}" lane: NORMAL lifetime: ONE_DAY envelope: "x" addresses: "{to}" {extra} }}'


def vigil(kind: str = "ALERT", extra: str = "") -> str:
    copy = 'copies { address: 0 envelope: "%s" }'
    pair = lambda name, one, two: "".join(
        f'{name} {{ hash: "{hash * 32}" effect: {effect} {copy % "x"} }}' for hash, effect in ((one, "STOP"), (two, "GO_ON")))
    return (f'vigil {{ nonce: "{"n" * 32}" kind: {kind} due_in_s: 10 hurry_hash: "{"h" * 32}" refresh_hash: "{"r" * 32}" '
            f'addresses: "{A}{B}" stages {{ {copy % "xx"} }} stages {{ after_s: 60 copies {{ address: 1 envelope: "xxx" }} }} '
            f'repeats: true {pair("endings", "1", "2")} answers {{ head: "{"3" * 32}" close_hash: "{"4" * 32}" }} '
            f'notices {{ address: 1 envelope: "x" }} {extra} }}')


CHECK_IN = vigil("CHECK_IN", f'period_max_s: 60 renewals {{ hash: "{"5" * 32}" effect: STOP }} '
                             f'renewals {{ hash: "{"6" * 32}" effect: GO_ON }}')
SECRET = f'vigil_id: "{A}" secret: "{B}"'


def turn(*requests: str, more: str = "") -> str:
    asked = "".join(f"requests {{ id: {n} {request} }} " for n, request in enumerate(requests, 1))
    return f"turns {{ frame {{ {asked} }} {more} }} "


GRANT = f'grant {{ address_hash: "{A}" urgent: true normal: true vigils: true life_max: THIRTY_DAYS prekeys_max: 8 }}'
FRAMES = {
    "sizes": turn(deliver().replace('"x"', f'"{"e" * 700}"'), deliver(to=A + A), deliver("order: 3"), deliver('topic: "t"'),
                  deliver(to=A[:31]), deliver().replace("ONE_DAY", "LIFETIME_UNSET")),
    "roles": turn(deliver(), "prove {}", GRANT) + turn("listen {}", "burn {}"),
    "not_proved": turn(GRANT, 'prove { owner_key: "k" }', f'prove {{ owner_key: "{A}" signature: "{A}{B}" }}',
        "count_prekeys {}"),
    "bad_keep": f"turns {{ {vigil().replace(A + B, A + A)} parts: 1 }} turns "
        f"{{ {vigil().replace('address: 1', 'address: 2')} parts: 2 }}"
    f"turns {{ {vigil().replace('due_in_s: 10', 'due_in_s: 4000000000')} parts: 9 }}",
    "never_given": turn("prove {}", "listen {}", more="copies: 2") + "turns { frame { acknowledged: 1 acknowledged: 7 } }",
    "twice": turn("prove {}", "listen {}", more="copies: 2")
    + "turns { frame { acknowledged: 1 acknowledged: 2 acknowledged: 1 acknowledged: 2 } }",
    "deliver": turn(deliver(), deliver(f'topic: "{"t" * 16}" order: 1'), deliver(to=A + B)),
    "owner": turn("prove {}", f'open_mailbox {{ invite: "{A}" }}', GRANT, f'withdraw {{ address_hash: "{A}" }}',
                  f'publish_prekeys {{ bundle: "x" sequence: 1 one_time {{ id: 1 key: "{"k" * 33}" }} }}', "count_prekeys {}",
                  "burn {}"),
    "listen": turn("prove {}", "listen { window: 4 }", more="copies: 9")
    + "turns { frame { acknowledged: 1 acknowledged: 3 } } turns { frame { acknowledged: 4 acknowledged: 4 } later: true } "
    + turn("listen {}", more="copies: 40"),
    "sender": turn(f'probe {{ address: "{A}" }}', f'fetch_prekeys {{ address: "{A}" one_time: true }}',
                   f"refresh {{ {SECRET} seq: 1 copies {{ envelope: 'xx' }} }}", f"renew {{ {SECRET} seq: 1 due_in_s: 60 }}",
                   f"hurry {{ {SECRET} }}", f'end {{ {SECRET} address: "{A}" }}', f"look {{ {SECRET} }}", "fetch_routes {}",
                   f'answering {{ vigil_id: "{A}" step: 1 token: "{B}" }}', f'close {{ vigil_id: "{A}" token: "{B}" }}'),
    "refused": turn(deliver(), more="outcome: 2 later: true") + turn(deliver(to=A + B), more="outcome: 14"),
    "keep": f"turns {{ {vigil()} parts: 1 }}",
    "parts": f"turns {{ {CHECK_IN} parts: 5 }}",
    "post": turn(deliver()) + turn(f'probe {{ address: "{A}" }}') + "post: true",
    "post_keep": f"turns {{ {vigil()} parts: 2 }} post: true",
}

MAILBOX = ("rows { mailbox { last_read_day: 20000 } } rows { of: 1 also: 1 address { urgent: true normal: true vigils: "
    "true life_max: 6 "
           "prekeys_max: 8 } } rows { address { urgent: true normal: true vigils: true life_max: 6 } } rows { also: 1 "
               "address_of { } } ")
HEAD = ("rows { vigil { kind: %d period_max_s: 60 parties { places: 30 } parties { places: 30 } stages { parts { order: "
    "1 bytes: 1024 } }"
        " stages { after_s: 60 parts { address: 1 order: 2 bytes: 1024 } } repeats: true endings { effect: 1 parts { "
            "order: 3 } } "
        "endings { effect: 2 parts { order: 4 } } renewals { effect: 1 parts { order: 5 } } renewals { effect: 2 } answers { } "
        "notices { order: 6 } notices { address: 1 order: 7 } due_ms: 5000 round: 1 %s } } ")
PARTS = "".join(f'rows {{ also: {n} part: "x" }} ' for n in range(7))
ask = lambda verb, **more: f"asks {{ verb: {verb} " + " ".join(f"{key}: {value}" for key, value in more.items()) + " } "
ROWS = {
    "copies": MAILBOX + "rows { copy { } envelope: 1 } rows { also: 3 copy { topic: 'tttttttttttttttt' order: 4 } "
        "envelope: 2 } "
    + "".join(ask(verb, number=2) for verb in (1, 8, 5, 6)),
    "owner": MAILBOX + "rows { bundle { sequence: 1 bundle: 'b' } } rows { prekey { id: 1 key: 'k' } } rows { invite { } } "
    + "".join(ask(verb, number=1, second="true") for verb in (1, 2, 4, 7, 3, 8)),
    "vigil": MAILBOX + HEAD % (1, "") + PARTS + ask(0, later_s=10) + ask(14, number=0) + ask(0, later_s=1000) + ask(15, number=0)
    + ask(13),
    "check_in": MAILBOX + HEAD % (2, "") + PARTS + ask(11) + ask(10, number=1) + ask(13, second="true") + ask(0, later_s=100)
    + ask(12),
    "leased": MAILBOX + HEAD % (1, "holder: 0 lease_end_ms: 4000 released: true close_token: "
        "'cccccccccccccccccccccccccccccccc' "
                                   "close_index: 1 gone_on: true gone_on_ending: 1") + PARTS + ask(0, later_s=10) + ask(15),
    "ended": MAILBOX + "rows { ended { } lives_s: 200000 } rows { of: 1 tombstone { } lives_s: 200000 } " + ask(9) + ask(9, of=1)
    + ask(13, of=2),
    "keep": MAILBOX + ask(9, number=0) + ask(0, later_s=5) + ask(5, number=1) + ask(13),
    "notice": MAILBOX + "rows { copy { of_vigil: 4 round: 1 notice { act: 1 token: 'tttttttttttttttttttttttttttttttt' } "
        "} envelope: 1 }",
}
# Rows that are not what their keys say, and keys that are none: each was once believed, or read beyond its end.
NUMBERED = lambda kind, n: f"\\{kind:03o}\\{n:03o}" + f"\\{kind:03o}" * 30
ROWS |= {
    "another_mailbox": MAILBOX + f'rows {{ mailbox {{ id: "{NUMBERED(1, 1)}" }} }} ' + ask(8, number=2) + ask(0, later_s=99000),
    "another_vigil": MAILBOX + HEAD % (1, "")
    + (HEAD % (1, f'id: "{NUMBERED(3, 0)}"')).replace("rows {", "rows { of: 1", 1).replace("5000", "9000")
    + PARTS + ask(13) + ask(0, later_s=100),
    "odd_envelope": MAILBOX + "rows { copy { } envelope: 700 } rows { also: 3 copy { id: 'short' } envelope: 1 } "
    "rows { also: 5 copy { of_vigil: 77 } envelope: 1 } rows { also: 7 copy { of_vigil: 4 } envelope: 1 }",
    "short_keys": MAILBOX
    + "".join(f"rows {{ key: '{key}' ended {{ }} }} rows {{ key: '{key[:-1]}t' tombstone {{ }} }} "
              for key in ("x", "\\377\\377\\377\\377e", "\\160\\000\\000\\000e"))
    + "rows { key: 'R' address_of { } } rows { key: 'M' mailbox { } } rows { key: 'V' mailbox { } } "
    + ask(3, number=0) + ask(6) + ask(7),
}
KEYS = {
    "unsigned": f'certificate {{ signature: "{A}{B}" }} routes {{ root: "{A}" }}',
    "another_key": f'seed: "{A}"',
    "good": f'routes {{ root: "{A}" serial: 3 not_after_s: 2000000000 }} certificate '
        f'{{ not_before_s: 1 not_after_s: 1900000000 }} '
            "now_s: 1800000000",
    "far": "certificate { not_after_s: 9223372036854775808 } now_s: 1800000000",
    "farther": "certificate { not_after_s: 18446744073709551615 } now_s: 1800000000",
    "tls": 'tls_key: "-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\\n-----END PRIVATE '
        'KEY-----" '
           'tls_certificate: "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----"',
}
SLOTS = {
    "good": f'slots {{ generation: 7 key: "{A}" }} slots {{ generation: 8 key: "{B}" }} slots {{ raw: "x" }} slots '
        f'{{ index: 1 }} '
            'files { generation: 7 body: "rows" } files { index: 1 generation: 7 } files { index: 9 }',
    "elsewhere": f'master_elsewhere: true master: "{A}" slots {{ generation: 7 key: "{A}" }} files {{ raw_head: "vigil" }}',
}
ROUTES = "routes { serial: %d not_after_s: 1900000000 routes { host: 'relay.example' port: 443 path: '/x' } } "
CARDS = {
    "no_key": "card { relays { } identity: '" + "x" * 33 + "' } " + ROUTES % 1,
    "hostile_name": "card { relays { } name: 'a\\033[2Jb' } " + ROUTES % 1,
    "no_relay": "card { }",
    "one": "card { relays { } name: 'Aigul' } " + ROUTES % 1,
    "two": "card { relays { } relays { } not_after_s: 1799999950 } " + ROUTES % 1 + ROUTES % 2,
    "text": "text: 'vigil:card:CgA'",
}
HEARSAY = {
    "fates": f"asked {{ {deliver(to=A + B)} }} post {{ answers {{ status: DONE each: '\\002\\002' }} }}",
    "short_fates": f"asked {{ {deliver(to=A + B)} }} post {{ answers {{ status: PARTIAL each: '\\001' }} }}",
    "rolled_back": "bundle { sequence: 3 } bundle_seen: 7",
    "foreign": "foreign: true bundle { sequence: 9 } " + ROUTES % 1,
    "older": ROUTES % 5 + ROUTES % 4,
    "hostile_route": (ROUTES % 1).replace("'/x'", "'/x HTTP/1.1\\r\\nX: y'"),
    "answers": f"asked {{ {deliver(to=A + B)} }} asked {{ {deliver()} }} post "
        f"{{ answers {{ status: PARTIAL each: '\\001\\002' }} "
               "answers { status: DONE } }",
    "keep": "asked { keep { piece: 'x' } } asked { keep { piece: 'x' part: 1 } } post { answers { status: PARTIAL } "
            "answers { status: DONE vigil { due_s: 5 } } }",
    "details": f'asked {{ fetch_prekeys {{ address: "{A}" }} }} asked {{ look {{ {SECRET} }} }} asked {{ fetch_routes {{ }} }} '
               f"post {{ answers {{ status: DONE prekeys {{ bundle: 'b' one_time {{ key: '{'k' * 33}' }} }} }} "
               "answers { status: DONE lease { holder: 3 lease_s: 9 } } answers { status: SLOW_DOWN why: 'slow' "
                   "retry_after_s: 3 } }",
    "notice":
        f"frame {{ deliveries {{ number: 1 copy_id: '{'c' * 16}' address_hash: '{A}' envelope: '{'e' * 1024}' of_vigil: NOTICE "
              f"notice {{ act: ANSWERED step: 1 token: '{B}' }} }} greeting {{ version: 1 limits {{ first_rounds_s: 60 }} }} }}",
    "routes": ROUTES % 1 + ROUTES % 2 + ROUTES % 9,
    "bundle": "bundle { sequence: 7 } bundle_seen: 7",
}
letter = lambda kind, more="": f"letters {{ content {{ written_s: 1800000000 {kind} }} {more} }} "
STAGE = "around { of_vigil: STAGE round: %d released_s: 1800000000 }"
ALERT = ("alert { pressed_s: 1800000000 hold_s: 10 note: 'at the bridge' tier: 1 responders { tier: 1 } responders { tier: 2 "
         "after_s: 60 } track { newest { latitude: 432000000 longitude: 769000000 at_s: 1800000000 battery_percent: 50 } } }")
NOTICE = "around { of_vigil: NOTICE round: 1 notice { act: %s step: %d lease_s: 900 } released_s: 1800000050 }"
MAIL = {
    "hostile": letter("text { text: 'a\\033]0;x\\007\\nb' }")
    + letter(ALERT.replace("at the bridge", "\\033[2J\\302\\2331m"), STAGE % 1)
    + letter("notice { names: '\\033[31m' names: '\\342\\200\\256x' }", NOTICE % ("ANSWERED", 1))
    + letter("all_clear { note: 'x\\ry' }") + letter("sharing { share_id: 'ssssssssssssssss' until_s: 1800003600 "
        "seen_by: 'a\\tb' }")
    + letter("plan { }", "plan { actions: '\\033[1A' station_name: '\\b' medication: '\\n' never_tell: '\\r' "
        "phrase_free: '\\v' "
             "phrase_forced: '\\f' people { name: '\\033c' tier: 1 reach { } } }")
    + letter("mark { kind: MOVED where: '\\033[2K' how: '\\000' at_s: 1800000000 }", "by: 9")
    + letter("note { text: '\\033[2K' at_s: 1800000000 }", "by: 9"),
    "unproved": letter(ALERT, STAGE % 1)
    + letter("notice { }", "around { of_vigil: NOTICE notice { act: ANSWERED step: 1 token: '" + "t" * 32 + "' lease_s: 900 } }"),
    "stranger_alert": letter(ALERT, STAGE % 1 + " by: 12") + letter(ALERT, STAGE % 1 + " by: 3") + letter(ALERT, STAGE % 1 +
        " by: 4"),
    "text": letter("text { text: 'the bridge at six' }") + letter("text { text: 'again' }", "in_session: true")
    + letter("receipt { kind: SEEN content_ids: 'oooooooooooooooo' }"),
    "alert": letter(ALERT, STAGE % 1) + letter("notice { names: 'Dana' names: 'Botagoz' }", NOTICE % ("ANSWERED", 1))
    + letter("notice { }", NOTICE % ("GIVEN_BACK", 2)) + letter(ALERT, STAGE % 2),
    "closed": letter(ALERT, STAGE % 1) + letter("notice { }", "around { of_vigil: NOTICE notice { act: CLOSED "
        "index_other: 1 } }")
    + letter("all_clear { note: 'home' }"),
    "ending": letter(ALERT, STAGE % 1) + letter("ending { forced: true }", "around { of_vigil: ENDING }"),
    "plan": letter("plan { }", "plan { actions: 'call' station_name: 'Almaly' medication: 'insulin' never_tell: 'work' "
        "phrase_free: "
                   "'red' phrase_forced: 'blue' people { name: 'Botagoz' tier: 1 reach { } } }") + letter(ALERT, STAGE % 1)
    + letter("mark { kind: HELD_AT where: 'Almaly' how: 'called' at_s: 1800000000 }", "by: 9")
    + letter("note { text: 'lawyer comes' at_s: 1800000000 }", "by: 9") + letter("mute { until_s: 1800003600 }", "by: 9"),
    "consent": letter("may_i_wake { tier: 1 lawyer: true }") + letter("consent { kind: ACCEPT days: 3 from_min: 60 to_min: 120 "
               "for_others { } }") + letter("drill_booking { at_s: 1800003600 }"),
    "check_in": letter("check_in { checkin_id: 'kkkkkkkkkkkkkkkk' kind: BEGUN every_s: 600 counts_from_s: 1800000600 "
        "begun_s: 1800000000 "
                       f"roots: '{A}' }}") + letter("check_in { checkin_id: 'kkkkkkkkkkkkkkkk' kind: ENDED }"),
    "places": letter("sharing { share_id: 'ssssssssssssssss' until_s: 1800003600 seen_by: 'Dana' }")
    + letter("ping { share_id: 'ssssssssssssssss' track { newest { latitude: 1 longitude: 2 at_s: 1800000030 } } }"),
    "card": letter("introduction { name: 'Stranger' reach { } }", "by: 12") + letter("introduced { name: 'S' reach { } "
        "confirmed: true }"),
    "trouble": letter("trouble { copy_id: 'cccccccccccccccc' }") + "letters { envelope: '\\001' } ",
    "own": letter("notice { names: 'Dana' }", "by: 18 around { of_vigil: NOTICE notice { act: ANSWERED step: 1 } }"),
}
PHONE = {
    "profile": "profile: 'VIGILPRF' ",
    "profile_cost": "profile: '\\000\\000\\000\\000\\000\\000\\000\\000' profile_at: 12 ",
    "profile_memory": "profile: '\\000\\000\\000\\000\\000\\000\\000\\007' profile_at: 20 ",
    "profile_slot": "profile: 'x' profile_at: 60 ",
    "slot": "slot { stock { } running { alert_id: 'aaaaaaaaaaaaaaaa' pressed_s: 1800000000 vigils { heads: 'h' "
        "close_hashes: 'c' on_relay_s: "
            "1800000000 renew_boxes: 'b' } } }",
    "copies": "slot { stock { vigils { copies { stage: 1 } copies { copy: 1 after_s: 9 } } } }",
    "check_in": "slot { check_in { every_s: 600 grace_s: 60 begun_s: 1800000000 alert { alert_id: 'aaaaaaaaaaaaaaaa' "
        "vigils { due_s: 1800000600 "
                "released: true } } spare { vigils { } } } }",
    "outbox": f"items {{ urgent: true requests: 'xx' written_s: 1 about: 'k{A}' }} items "
        f"{{ about: 'e{A}' requests: 'x' state: REFUSED }}",
    "copy_nowhere": "slot { stock { vigils { copies { stage: 7 } copies { stage: 1 copy: 5 } } } }",
    "rows": "".join(f"cells {{ row: {n} value: 'x' number: 1 }} " for n in range(12)),
    "rows_more": "".join(f"cells {{ row: {n} value: '{A}{B}' number: 3 }} " for n in range(12, 23)),
}
CASES = {
    "frames": ("relay", "Talk", FRAMES), "rows": ("relay", "Disk", ROWS), "keys": ("relay", "KeyFolder", KEYS),
    "slots": ("relay", "Slots", SLOTS), "cards": ("member", "CardCase", CARDS), "hearsay": ("member", "Hearsay", HEARSAY),
    "mail": ("member", "Mail", MAIL), "phone": ("member", "Phone", PHONE),
}


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for name, (proto, message, cases) in CASES.items():
        folder = Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for case, text in cases.items():
            encoded = subprocess.run(
                ["protoc", f"--proto_path={ROOT}", f"--encode=vigil.fuzz.{message}", f"tests/fuzz/{proto}_cases.proto"],
                input=text.encode(), stdout=subprocess.PIPE, cwd=ROOT, check=True).stdout
            (folder / case).write_bytes(encoded)
    return 0


if __name__ == "__main__":
    sys.exit(main())
