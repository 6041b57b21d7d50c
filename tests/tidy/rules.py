"""The rules of the house that a machine can keep (STYLE.md). Each is a function from a Tree to findings; RULES lists them all.

A finding's way out, where a rule has one, is a comment with its reason beside the line:  // bounded: ...   // detached: ..."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import arrows
from source import Block, Source, Tree

FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 130
FILE_LINES_MAX = 500
OPENING_CHARACTERS_MIN = 25
# Lines of a table of strings are data, however long it is.
TABLE_LINE = re.compile(r'\s*(?:"[^"]*",\s*)+$')


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    words: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.words}"


# --- arrows ----------------------------------------------------------------------------------------------------------


def check_arrows(tree: Tree) -> Iterator[Finding]:
    for source in tree.cpp:
        room = arrows.room_of(source.path)
        if room == "outside":
            continue
        for line, name in source.includes:
            words = arrow_refused(source.path, room, name)
            if words:
                yield Finding(source.path, line, "arrow", words)


def arrow_refused(path: str, room: str | None, name: str) -> str | None:
    if room is None:
        return "this file lies in no room of the house (tests/tidy/arrows.py)"
    if (path, name) in arrows.EXCEPTIONS:
        return None
    if name in arrows.LANGUAGES:
        return None if room in arrows.LANGUAGES[name] else f"{room} must never read {name}"
    for library, allowed in arrows.LIBRARIES.items():
        if name.startswith(library):
            may = ", ".join(sorted(allowed)) or "tests"
            return None if room in allowed else f"{room} must not include <{name}>: only {may} may"
    target = arrows.room_of(name)
    if target is None or target == room or target in arrows.ROOMS[room]:
        return None
    return f'{room} must not include "{name}": arrows point down (DESIGN, section 5)'


def check_beast(tree: Tree) -> Iterator[Finding]:
    for source in tree.cpp:
        if source.path in arrows.BEAST_FILES or (source.path.startswith(("tests/", "bench/")) and source.suffix == ".cpp"):
            continue
        for line, name in source.includes:
            if name.startswith("boost/beast") and name not in arrows.BEAST_LIGHT:
                allowed = ", ".join(sorted(arrows.BEAST_FILES))
                yield Finding(source.path, line, "beast", f"only {allowed} and the tests' .cpp files include Beast")


# --- files -----------------------------------------------------------------------------------------------------------


def check_opening(tree: Tree) -> Iterator[Finding]:
    for source in tree.sources.values():
        if PurePosixPath(source.path).name == "CMakeLists.txt":
            continue  # its folder's headers tell the story
        lines = [line.strip() for line in source.lines if line.strip() and not line.startswith("#!")]
        first = lines[0] if lines else ""
        own_header = PurePosixPath(source.path).with_suffix(".hpp").as_posix()
        first_code = next((line for line in lines if not line.startswith("//")), "")
        if source.suffix == ".cpp" and first_code == f'#include "{own_header}"':
            continue  # its header opens with the story of both
        mark = "//" if source.suffix in (".cpp", ".hpp", ".proto") else '"""' if source.suffix == ".py" else "#"
        if not first.startswith(mark) or len(first) < OPENING_CHARACTERS_MIN:
            yield Finding(source.path, 1, "opening", f"a file opens with what it is for, in a comment ({mark} ...)")


def check_lengths(tree: Tree) -> Iterator[Finding]:
    for source in tree.sources.values():
        count = len(source.text.splitlines())
        if count > FILE_LINES_MAX:
            yield Finding(source.path, count, "long file", f"{count} lines, at most {FILE_LINES_MAX}: has it grown two stories?")
        for number, line in enumerate(source.lines, 1):
            if len(line) > COLUMNS_MAX:
                yield Finding(source.path, number, "long line", f"{len(line)} columns, at most {COLUMNS_MAX}")


def check_functions(tree: Tree) -> Iterator[Finding]:
    for source in tree.sources.values():
        for name, first, last in functions(source):
            count = sum(1 for line in source.lines[first - 1 : last] if not TABLE_LINE.match(line))
            if count > FUNCTION_LINES_MAX:
                words = f"{name} has {count} lines, at most {FUNCTION_LINES_MAX}"
                yield Finding(source.path, first, "long function", words)


def functions(source: Source) -> Iterator[tuple[str, int, int]]:
    if source.is_cpp:
        yield from ((block.name, block.first, block.last) for block in source.blocks if block.kind == "function")
    elif source.suffix == ".py" or source.text.startswith("#!") and "python" in source.lines[0]:
        for node in ast.walk(ast.parse(source.text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, node.lineno, node.end_lineno or node.lineno


def check_dead_files(tree: Tree) -> Iterator[Finding]:
    included = {name for source in tree.cpp for _, name in source.includes}
    included |= {f"{PurePosixPath(source.path).parent}/{name}" for source in tree.cpp for _, name in source.includes}
    forced = " ".join(re.findall(r"-include \S+", " ".join(tree.cmake.values())))
    for source in tree.sources.values():
        name = PurePosixPath(source.path).name
        if source.suffix == ".hpp" and source.path not in included and f"/{name}" not in forced:
            yield Finding(source.path, 1, "dead file", "no file includes this header")
        elif source.suffix in (".cpp", ".proto"):
            # A .proto is often named without its ending, in a loop over languages.
            stem = re.escape(name) if source.suffix == ".cpp" else rf"{re.escape(PurePosixPath(source.path).stem)}(?:\.proto)?"
            built = re.compile(rf"(?<![\w.]){stem}(?![\w.])")
            if not any(built.search(without_comments(text)) for path, text in tree.cmake.items() if reaches(path, source.path)):
                yield Finding(source.path, 1, "dead file", "no CMakeLists.txt above it builds this file")


def reaches(cmake: str, path: str) -> bool:
    """A CMakeLists.txt speaks for the files below it; a .cmake file, and the lists of tests and bench, for any."""
    folder = PurePosixPath(cmake).parent.as_posix()
    return cmake.endswith(".cmake") or cmake.startswith(("tests/", "bench/")) or folder == "." or path.startswith(folder + "/")


def without_comments(cmake: str) -> str:
    return re.sub(r"#[^\n]*", "", cmake)


def check_once(tree: Tree) -> Iterator[Finding]:
    for source in tree.cpp:
        if source.suffix == ".hpp" and "#pragma once" not in source.lines:
            yield Finding(source.path, 1, "pragma once", "a header says #pragma once")


def check_later(tree: Tree) -> Iterator[Finding]:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")
    for source in tree.sources.values():
        for number, line in enumerate(source.lines, 1):
            if words.search(line):
                yield Finding(source.path, number, "later", "do it now, or open an issue; the source does not keep promises")


# --- coroutines and ownership ----------------------------------------------------------------------------------------


def check_shared_from_this(tree: Tree) -> Iterator[Finding]:
    for source in tree.cpp:
        for match in re.finditer(r"\b(?:enable_)?shared_from_this\b", source.code):
            words = "the coroutine's frame owns (STYLE, example 9)"
            yield Finding(source.path, source.line_at(match.start()), "shared_from_this", words)


def check_detached(tree: Tree) -> Iterator[Finding]:
    for source in tree.cpp:
        for match in re.finditer(r"\bdetached\b(?!_t\b)", source.code):
            line = source.line_at(match.start())
            used = re.search(r"asio::detached\b|[(,]\s*detached\s*\)", source.code[max(0, match.start() - 12) : match.end() + 8])
            if used and not source.comment_before(line, "detached"):
                words = "real work is waited for; where nothing can be lost, say why beside it: // detached: ..."
                yield Finding(source.path, line, "detached", words)


def check_await(tree: Tree) -> Iterator[Finding]:
    for source in tree.cpp:
        # this_coro:: never suspends: it may stand anywhere.
        for match in re.finditer(r"\bco_await\b(?!\s+(?:asio::)?this_coro::)", source.statements):
            words = await_refused(*statement_around(source.statements, match.start(), match.end()))
            if words:
                yield Finding(source.path, source.line_at(match.start()), "await", words)


def statement_around(code: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a word within its statement. Braces inside round brackets (aggregates) belong to it."""
    before = start
    depth = 0
    while before > 0:
        char = code[before - 1]
        if char == ")":
            depth += 1
        elif char == "(":
            depth -= 1
        elif char in ";{}" and depth <= 0:
            break
        before -= 1
    after = end
    depth = 0
    while after < len(code) and not (code[after] == ";" and depth <= 0):
        depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(code[after], 0)
        if depth < 0 and code[after] == "}":
            break
        after += 1
    return code[before:start], code[end:after]


AWAIT_PREFIX = re.compile(r"(?:co_return|return|[\w:<>,*&\s\[\]().\->]+?=|(?:static_cast<void>\(|\(void\)))?\s*$")


def await_refused(before: str, after: str) -> str | None:
    before = " ".join(before.split())
    before = re.sub(r"^(?:(?:case [\w:]+|default|public|private) ?: ?)+", "", before)
    bare = strip_conditions(before)
    if bare.count("(") != bare.count(")") and not bare.endswith(("static_cast<void>(",)):
        return "a co_await stands alone, not inside a call or condition: name its result first"
    if not AWAIT_PREFIX.fullmatch(bare.strip()):
        return f"a co_await stands alone or after one '=': »{bare.strip()[-40:]} co_await«"
    if "co_await" in after:
        return "two co_await in one statement"
    if re.search(r"[^?]\?[^?]", after):
        return "no ?: in the statement of a co_await"
    if re.search(r"\[(?:[&=]|this|\w)[^\]]*\]\s*(?:\([^()]*\))?\s*(?:mutable|noexcept|->[^{]*)*\s*\{", after):
        return "no lambda with captures in the statement of a co_await: name it first"
    if re.search(r"[\w>(,]\s*\{(?!\s*\})", after):
        return "no aggregate temporary in the statement of a co_await: name it first"
    outermost = after
    while (shorter := re.sub(r"\([^()]*\)", "@", outermost)) != outermost:
        outermost = shorter
    if re.search(r"&&|\|\||==|!=| [<>+*/-] ", outermost):
        return "nothing is done with the result in the statement of a co_await: name it first"
    return None


def strip_conditions(before: str) -> str:
    """Removes 'if (...)', 'else', 'for (...)', 'while (...)' that stand whole before the awaiting statement."""
    while match := re.match(r"\s*(?:else\b\s*)?(?:(?:if|for|while)(?:\s+constexpr)?\s*(\()|else\b)", before):
        if match.group(1) is None:
            before = before[match.end() :]
            continue
        depth, at = 1, match.end()
        while at < len(before) and depth:
            depth += {"(": 1, ")": -1}.get(before[at], 0)
            at += 1
        if depth:
            return before  # the co_await is inside the condition
        before = before[at:]
    return before


# --- bounds and labels -----------------------------------------------------------------------------------------------

CONTAINER = re.compile(r"\bstd::(?:vector|deque|list|queue|priority_queue|(?:unordered_)?(?:multi)?(?:map|set))\s*<")


def check_bounded(tree: Tree) -> Iterator[Finding]:
    for source in tree.cpp:
        if not source.path.startswith("server/"):
            continue
        for match in CONTAINER.finditer(source.statements):
            name = member_name(source, match.start(), match.end())
            line = source.line_at(match.start())
            if name and not source.comment_before(line, "bounded"):
                words = f"{name} can grow: say what bounds it beside it, // bounded: ..."
                yield Finding(source.path, line, "bounded", words)


def member_name(source: Source, start: int, after_angle: int) -> str | None:
    """The name of the data member that this container type declares (private, so it ends in '_'); None if it declares none."""
    block: Block | None = source.block_around(start)
    if block is None or block.kind != "type":
        return None
    depth, at = 1, after_angle
    code = source.statements
    while at < len(code) and depth:
        depth += {"<": 1, ">": -1}.get(code[at], 0)
        at += 1
    declared = re.match(r"\s*(\w+_)\s*(?:;|=|\{)", code[at:])
    return declared.group(1) if declared else None


def check_labels(tree: Tree) -> Iterator[Finding]:
    home = "crypto/base/labels.hpp"
    if home not in tree.sources:
        return
    labels = {literal for _, literal in tree.sources[home].strings}
    for source in tree.cpp:
        if source.path == home or source.path.startswith(("tests/", "bench/")):
            continue
        secret_room = source.path.startswith(("crypto/", "storage/"))
        for line, literal in source.strings:
            if literal in labels or (secret_room and re.fullmatch(r'"vigil [a-z ]+"', literal)):
                words = f"{literal}: labels stand in {home} only, so that no two uses share one"
                yield Finding(source.path, line, "label", words)


def check_labels_unique(tree: Tree) -> Iterator[Finding]:
    home = tree.sources.get("crypto/base/labels.hpp")
    seen: set[str] = set()
    for line, literal in home.strings if home else []:
        if literal in seen:
            yield Finding(home.path, line, "label", f"{literal} is used twice")
        seen.add(literal)


# --- the threat model ------------------------------------------------------------------------------------------------

THREAT_MODEL = "docs/threat-model.md"
TEST_NAME = re.compile(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')


def check_named_tests(tree: Tree) -> Iterator[Finding]:
    """What its rows quote are names of tests: each must be there, or a claim stands on nothing."""
    page = tree.root / THREAT_MODEL
    if not page.is_file():
        return
    names = set()
    for source in tree.cpp:
        for pieces in TEST_NAME.findall(source.text):
            names.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', pieces)))
    for line, text in enumerate(page.read_text().split("\n"), 1):
        for quoted in re.findall(r'"([^"]+)"', text) if text.startswith("|") else []:
            if quoted not in names:
                yield Finding(THREAT_MODEL, line, "named test", f'no test is called "{quoted}"')
        if text.startswith("| cannot |") and '"' not in text and "`tests/" not in text:
            yield Finding(THREAT_MODEL, line, "named test", "a *cannot* names the test that shows it")


RULES = (
    check_arrows,
    check_beast,
    check_opening,
    check_lengths,
    check_functions,
    check_dead_files,
    check_once,
    check_later,
    check_shared_from_this,
    check_detached,
    check_await,
    check_bounded,
    check_labels,
    check_labels_unique,
    check_named_tests,
)


def check(tree: Tree, wanted=RULES) -> list[Finding]:
    findings = {finding for rule in wanted for finding in rule(tree)}
    return sorted(findings, key=lambda finding: (finding.path, finding.line, finding.rule))
