#!/usr/bin/env python3
"""Writes the man pages and shell completions of vigild and vigil: make.py VIGILD VIGIL FOLDER.

What a command is for and what flags it has comes from the programs' own --help, so pages cannot drift from programs; what --help
does not tell stands in the *.man files beside this one. vigild.toml(5) is deploy/vigild.toml, turned into a page."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = {
    "vigild": ("8", "a relay for the alerts of people at risk", "System Manager's Manual"),
    "vigil": ("1", "press, and it keeps at it until a person answers", "User Commands"),
    "vigild.toml": ("5", "configuration of a Vigil relay", "File Formats"),
}


@dataclass
class Option:
    names: list[str]
    value: str
    words: str


@dataclass
class Command:
    """One command as its --help tells it."""

    path: list[str]
    words: str = ""
    options: list[Option] = field(default_factory=list)
    arguments: list[tuple[str, str]] = field(default_factory=list)
    commands: list["Command"] = field(default_factory=list)
    footer: str = ""


def ask(program: Path, path: list[str]) -> str:
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C"}
    environment.pop("VIGIL_LANG", None)
    done = subprocess.run([program, *path, "--help"], capture_output=True, text=True, env=environment, check=True)
    return done.stdout


def read(program: Path, path: list[str]) -> Command:
    """Help as CLI11 prints it: sentences, Usage:, sections of indented lines, and a footer that is not indented."""
    command = Command(path)
    section = "words"
    parts: dict[str, list[str]] = {"words": [], "Positionals": [], "Options": [], "Subcommands": [], "footer": []}
    for line in ask(program, path).splitlines():
        if line.startswith("Usage:"):
            section = "usage"
        elif line.rstrip(":") in parts and line.endswith(":"):
            section = line.rstrip(":")
        elif section == "words" or section == "footer":
            parts[section].append(line)
        elif line and not line.startswith(" "):
            section = "footer"
            parts[section].append(line)
        elif line and section != "usage":
            parts[section].append(line)
    command.words = " ".join(" ".join(parts["words"]).split())
    command.footer = "\n".join(parts["footer"]).strip()
    for name, words in rows(parts["Positionals"]):
        command.arguments.append((name.split()[0], words))
    for name, words in rows(parts["Options"]):
        flags, _, value = name.partition(" ")
        command.options.append(Option(flags.split(","), value.strip(), words))
    for name, _ in rows(parts["Subcommands"]):
        command.commands.append(read(program, [*path, name]))
    return command


def rows(lines: list[str]) -> list[tuple[str, str]]:
    """Names and their words, which stand two or more spaces behind, or on the next line."""
    found: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith("   "):
            name, words = found[-1]
            found[-1] = (name, (words + " " + line.strip()).strip())
        else:
            name, _, words = line.strip().partition("  ")
            found.append((name.strip(), words.strip()))
    return found


# --- man pages -------------------------------------------------------------------------------------------------------


def roff(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.split("\n"))


def value_of(option: Option) -> str:
    """What stands behind a flag: FILE, N, or one of a few words."""
    value = option.value.replace("REQUIRED", "").strip()
    chosen = re.search(r"\{([^}]*)\}", value)
    if chosen:
        return chosen[1].replace(",", "|")
    return re.sub(r"[:=\s].*", "", value.replace(" ...", ""))


def limits_of(option: Option) -> str:
    said = []
    if "REQUIRED" in option.value:
        said.append("needed")
    if bounds := re.search(r"\[([\d.]+) - ([\d.]+)\]", option.value):
        said.append(f"{bounds[1]} to {bounds[2]}")
    if default := re.search(r"=(\S+)", option.value.replace("REQUIRED", "")):
        said.append(f"default {default[1]}")
    return f" ({'; '.join(said)})" if said else ""


def option_page(option: Option) -> str:
    names = ", ".join(f"\\fB{roff(name)}\\fR" for name in option.names)
    value = f" \\fI{roff(value_of(option))}\\fR" if value_of(option) else ""
    return f".TP\n{names}{value}\n{roff(option.words + limits_of(option))}\n"


def command_page(program: str, command: Command) -> str:
    out = f".SS {roff(' '.join([program, *command.path]))}\n{roff(command.words)}\n"
    for name, words in command.arguments:
        out += f".TP\n\\fI{roff(name)}\\fR\n{roff(words or 'see above')}\n"
    out += "".join(option_page(option) for option in command.options if "--help" not in option.names)
    if command.footer and len(command.path) == 1 and "Exit codes" not in command.footer:
        out += f".PP\n{roff(command.footer)}\n"
    return out + "".join(command_page(program, one) for one in command.commands)


def head(name: str, date: str) -> str:
    section, about, manual = NAMES[name]
    return f'.TH {name.upper()} {section} "{date}" "Vigil" "{manual}"\n.SH NAME\n{name} \\- {about}\n'


def program_page(name: str, tree: Command, date: str) -> str:
    own = (HERE / f"{name}.man").read_text(encoding="utf-8")
    out = head(name, date) + f".SH SYNOPSIS\n.B {name}\n.I COMMAND\n.RI [ OPTIONS ]\n.SH DESCRIPTION\n{roff(tree.words)}\n"
    before, _, after = own.partition(".\\\" commands\n")
    out += before + ".SH COMMANDS\n" + "".join(command_page(name, one) for one in tree.commands)
    shared = [option for option in tree.options if "--help" not in option.names]
    if shared:
        out += ".SH OPTIONS\nFor every command:\n" + "".join(option_page(option) for option in shared)
    return out + f".SH EXIT STATUS\n.nf\n{roff(tree.footer)}\n.fi\n" + after


def config_page(text: str, date: str) -> str:
    """Sections, comments and keys with their defaults, in the order of the example."""
    own = (HERE / "vigild.toml.man").read_text(encoding="utf-8")
    out, notes = head("vigild.toml", date) + own, ""
    for line in text.split("\n\n", 1)[1].splitlines():
        if line.startswith("["):
            out += f".SH {roff(line)}\n"
        elif line.startswith("# -- "):
            out += f".SS {roff(line[5:].capitalize())}\n"
        elif line.startswith("#"):
            # The values of a choice stand indented, a line each.
            notes += "\n.br\n" if re.match(r"#   \S", line) else " " if notes else ""
            notes += roff(" ".join(line[1:].split()))
        elif "=" in line:
            out += f".TP\n\\fB{roff(line)}\\fR\n" + (notes.strip() or "the same for this one") + "\n"
            notes = ""
    return out + '.SH "SEE ALSO"\n.BR vigild (8)\n'


# --- completion ------------------------------------------------------------------------------------------------------

COMPLETION = """# Completion of {program} for bash: commands, flags, files behind flags that name one. From deploy/pages/make.py.
_{program}() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} path= i known
  for ((i = 1; i < COMP_CWORD; i++)); do
    known="$path ${{COMP_WORDS[i]}}"
    case "$known" in
{paths}
    esac
  done
  case "$before" in
{values}
  esac
  case "$path" in
{words}
  esac
}}
complete -F _{program} {program}
"""


def every(command: Command):
    yield command
    for one in command.commands:
        yield from every(one)


def completion(program: str, tree: Command) -> str:
    commands = list(every(tree))
    paths = "|".join(f'" {" ".join(one.path)}"' for one in commands if one.path)
    files, chosen, other = set(), {}, set()
    for option in (option for one in commands for option in one.options):
        kind = option.value.replace("REQUIRED", "").strip()
        if not kind:
            continue
        if words := re.search(r"\{([^}]*)\}", kind):
            chosen[option.names[-1]] = words[1].replace(",", " ")
        elif re.match(r"(TEXT:FILE|FILE|DIR)", kind) or option.names[-1] in ("--config", "--data", "--root"):
            files.add(option.names[-1])
        else:
            other.add(option.names[-1])
    values = [f'    {"|".join(sorted(files))}) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;'] if files else []
    for flag, words in chosen.items():
        values.append(f'    {flag}) mapfile -t COMPREPLY < <(compgen -W "{words}" -- "$word"); return ;;')
    values += [f'    {"|".join(sorted(other - files - set(chosen)))}) return ;;'] if other - files - set(chosen) else []
    shared = [name for option in tree.options for name in option.names if name.startswith("--") and name != "--help"]
    words = []
    for one in commands:
        offered = [sub.path[-1] for sub in one.commands]
        offered += [name for option in one.options for name in option.names if name.startswith("--")]
        offered += [] if one is tree else shared
        key = f'" {" ".join(one.path)}"' if one.path else '""'
        words.append(f'    {key}) mapfile -t COMPREPLY < <(compgen -W "{" ".join(offered)}" -- "$word") ;;')
    return COMPLETION.format(
        program=program,
        paths=f"      {paths}) path=$known ;;",
        values="\n".join(values),
        words="\n".join(words),
    )


def main() -> None:
    programs = {"vigild": Path(sys.argv[1]).resolve(), "vigil": Path(sys.argv[2]).resolve()}
    folder = Path(sys.argv[3])
    (folder / "completions").mkdir(parents=True, exist_ok=True)
    built_s = int(os.environ.get("SOURCE_DATE_EPOCH", "0")) or datetime.now().timestamp()
    date = datetime.fromtimestamp(built_s, timezone.utc).strftime("%Y-%m-%d")
    for name, program in programs.items():
        tree = read(program, [])
        (folder / f"{name}.{NAMES[name][0]}").write_text(program_page(name, tree, date), encoding="utf-8")
        (folder / "completions" / name).write_text(completion(name, tree), encoding="utf-8")
    config = (HERE.parent / "vigild.toml").read_text(encoding="utf-8")
    (folder / "vigild.toml.5").write_text(config_page(config, date), encoding="utf-8")


if __name__ == "__main__":
    main()
