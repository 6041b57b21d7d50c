#!/usr/bin/env python3
"""Man pages and completion tell every command and flag of the programs, and the guides name no command that is not there.

Arguments: the source tree, vigild, vigil."""

import functools
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest
from pathlib import Path

ROOT = Path(sys.argv[1])
PROGRAMS = {"vigild": Path(sys.argv[2]).resolve(), "vigil": Path(sys.argv[3]).resolve()}
SECTION = {"vigild": "8", "vigil": "1"}
GUIDES = ["README.md", "deploy/README.md", "deploy/vigild.toml", "deploy/pages/vigild.man", "deploy/pages/vigil.man",
          "deploy/pages/vigild.toml.man", "docs/activist.md", "docs/responder.md", "docs/safety.md"]


@functools.cache
def help_of(program: str, *path: str) -> str:
    command = [PROGRAMS[program], *path, "--help"]
    return subprocess.run(command, capture_output=True, text=True, env={"LC_ALL": "C"}, check=True).stdout


def verbs(program: str, *path: str) -> list[str]:
    """Read here by a rule of its own, not by the generator's."""
    _, _, below = help_of(program, *path).partition("\nSubcommands:\n")
    return re.findall(r"^  ([a-z][\w-]*)", below.partition("\n\n")[0], re.M)


def flags(program: str, *path: str) -> set[str]:
    return set(re.findall(r"(?m)^  (?:-\w,)?(--[\w-]+)", help_of(program, *path)))


def plain(page: str) -> str:
    return page.replace("\\-", "-").replace("\\e", "\\").replace("\\fB", "").replace("\\fR", "").replace("\\fI", "")


class PagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        made = [sys.executable, ROOT / "deploy/pages/make.py", *PROGRAMS.values(), cls.folder.name]
        subprocess.run(made, check=True, env={"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": "1"})

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def page(self, name: str) -> str:
        return Path(self.folder.name, name).read_text(encoding="utf-8")

    def test_every_command_and_flag_is_in_the_manual(self):
        for program in PROGRAMS:
            page = plain(self.page(f"{program}.{SECTION[program]}"))
            paths = [[verb] for verb in verbs(program)]
            paths += [[verb, below] for verb in verbs(program) for below in verbs(program, verb)]
            self.assertGreater(len(paths), 8)
            for path in paths:
                with self.subTest(program=program, path=path):
                    title = f".SS {' '.join([program, *path])}\n"
                    self.assertIn(title, page)
                    story = page.partition(title)[2].partition("\n.S")[0]
                    for flag in flags(program, *path) - {"--help"}:
                        self.assertRegex(story, rf"(?m)^(?:-\w, )?{flag}\b")

    def test_every_key_of_the_configuration_is_in_the_manual(self):
        page = plain(self.page("vigild.toml.5"))
        config = tomllib.loads((ROOT / "deploy/vigild.toml").read_text(encoding="utf-8"))
        for section, keys in config.items():
            self.assertIn(f".SH [{section}]\n", page)
            for key in keys:
                self.assertRegex(page, rf"(?m)^{key} = ")

    def test_everything_the_doctor_finds_is_in_the_manual(self):
        page = plain(self.page("vigild.8"))
        sources = "".join(source.read_text(encoding="utf-8") for source in (ROOT / "server/doctor").glob("*.cpp"))
        found = set(re.findall(r'found\.(?:wrong|advice)\(\s*"([a-z-]+)"', sources))
        self.assertGreater(len(found), 30)
        _, _, after = page.partition('.SH "WHAT THE DOCTOR FINDS"\n')
        self.assertEqual(found, set(re.findall(r"(?m)^\.B ([a-z-]+)$", after.partition(".SH")[0])))

    def test_the_manual_is_well_formed(self):
        for name in ("vigild.8", "vigil.1", "vigild.toml.5"):
            page = self.page(name)
            self.assertTrue(page.startswith(".TH "))
            for line in page.split("\n"):
                self.assertRegex(line, r"^(?!\.)|^\.(TH|SH|SS|PP|TP|TQ|B|BR|I|IR|RI|nf|fi|br)\b", name)

    def test_bash_completes_every_command_and_flag(self):
        for program in PROGRAMS:
            script = Path(self.folder.name, "completions", program)
            for path in [[], *[[verb] for verb in verbs(program)]]:
                with self.subTest(program=program, path=path):
                    wanted = set(verbs(program, *path)) | (flags(program, *path) if path else set())
                    self.assertLessEqual(wanted, self.completed(script, program, path, ""))
            first = verbs(program)[0]
            alike = {verb for verb in verbs(program) if verb.startswith(first)}
            self.assertEqual(self.completed(script, program, [], first), alike)

    @staticmethod
    def completed(script: Path, program: str, path: list[str], word: str) -> set[str]:
        words = " ".join(f"'{one}'" for one in [program, *path, word])
        act = f'. "{script}"; COMP_WORDS=({words}); COMP_CWORD={len(path) + 1}; _{program}; printf "%s\\n" "${{COMPREPLY[@]}}"'
        done = subprocess.run(["bash", "--norc", "-c", act], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    def test_guides_name_no_command_that_is_not_there(self):
        known = {program: set(verbs(program)) for program in PROGRAMS}
        named = 0
        for guide in GUIDES:
            text = (ROOT / guide).read_text(encoding="utf-8")
            # In code, or set bold in a page: `vigild setup`, .B vigild setup, a line of a block.
            for program, verb in re.findall(r"(?m)(?:`|^\.B |^\.BR \"|^|-- )(vigild?) ([a-z][a-z-]+)", text):
                with self.subTest(guide=guide):
                    self.assertIn(verb, known[program], f"{guide}: {program} {verb}")
                named += 1
        self.assertGreater(named, 30)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
