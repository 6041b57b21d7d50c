#!/usr/bin/env python3
"""clang-tidy over the whole tree, some files at once: clang_tidy.py BUILD JOBS [FILE...]. Exit 1 if it has anything to say.

BUILD is a configured build folder (its compile_commands.json). A file with nothing to say is remembered in BUILD/clean.json and
left out until it changes: itself, what it includes of this tree, how it is compiled, the checks, or clang-tidy. Headers of
Debian's packages do not count; delete clean.json after an upgrade."""

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from source import INCLUDE

TOOL = "clang-tidy-19"


class Clean:
    """Which files had nothing to say, each with the mark of what it was then."""

    def __init__(self, file: Path):
        self.file = file
        self.marks = json.loads(file.read_text()) if file.exists() else {}

    def put(self, path: str, mark: str):
        self.marks[path] = mark
        written = self.file.with_suffix(".new")
        written.write_text(json.dumps(self.marks, indent=0, sort_keys=True))
        os.replace(written, self.file)


def read_all(path: Path, folders: list[Path], texts: dict[Path, str]):
    """Puts into 'texts' the file and all that it includes from 'folders' or beside itself, however far away."""
    open_files = [path]
    while open_files:
        file = open_files.pop()
        if file in texts:
            continue
        texts[file] = file.read_text(errors="replace")
        for name in (match[1] for match in INCLUDE.finditer(texts[file]) if match[1]):
            found = next((folder / name for folder in [*folders, file.parent] if (folder / name).is_file()), None)
            if found:
                open_files.append(found)


def mark_of(root: Path, path: Path, command: str, build: Path, version: str) -> str:
    texts: dict[Path, str] = {}
    read_all(path, [root, build / "generated"], texts)
    for folder in path.relative_to(root).parents:
        if (checks := root / folder / ".clang-tidy").exists():
            texts[checks] = checks.read_text()
    mark = hashlib.sha256(f"{version}\0{command}".encode())
    for file in sorted(texts):
        mark.update(f"\0{file}\0{texts[file]}".encode())
    return mark.hexdigest()


def compiled(root: Path, build: Path) -> dict[str, str]:
    """Every source of the tree that is compiled, with its command: not what is generated, nor Boost's own code (cmake/)."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["file"])
        if path.is_relative_to(root) and not path.is_relative_to(build) and not path.is_relative_to(root / "cmake"):
            commands.setdefault(str(path.relative_to(root)), entry["command"])
    return dict(sorted(commands.items()))


def judge(root: Path, build: Path, path: str) -> str:
    """What clang-tidy says about one file; empty when it is clean."""
    ran = subprocess.run([TOOL, "--quiet", "-p", build, path], cwd=root, capture_output=True, text=True, check=False)
    if ran.returncode == 0 and not ran.stdout.strip():
        return ""
    return ran.stdout.strip() or ran.stderr.strip() or f"{TOOL} ended with {ran.returncode}"


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    root, build, jobs, only = Path.cwd(), Path(sys.argv[1]).resolve(), int(sys.argv[2]), sys.argv[3:]
    commands = compiled(root, build)
    if unknown := [path for path in only if path not in commands]:
        print(f"not compiled, so not known to clang-tidy: {' '.join(unknown)}", file=sys.stderr)
        return 2
    version = subprocess.run([TOOL, "--version"], capture_output=True, text=True, check=True).stdout
    clean = Clean(build / "clean.json")
    marks = {path: mark_of(root, root / path, commands[path], build, version) for path in only or commands}
    due = [path for path, mark in marks.items() if clean.marks.get(path) != mark]
    print(f"{len(marks)} files, {len(due)} of them new or changed since they were clean; {jobs} at once", flush=True)

    bad = []
    pool = ThreadPoolExecutor(jobs)
    running = {pool.submit(judge, root, build, path): path for path in due}
    try:
        for count, done in enumerate(as_completed(running), 1):
            path, words = running[done], done.result()
            print(f"[{count}/{len(due)}] {path}{': ' if words else ''}\n{words}".rstrip(), flush=True)
            if words:
                bad.append(path)
            else:
                clean.put(path, marks[path])
    except KeyboardInterrupt:
        pool.shutdown(cancel_futures=True)
        return 130
    if bad:
        print(f"{TOOL}: something to say about {len(bad)} files: {' '.join(bad)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
