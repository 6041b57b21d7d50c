"""Reading source files for tests/tidy: code without comments and strings, the includes, the blocks. Knows no rule."""

import bisect
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CPP = {".cpp", ".hpp"}
SCRIPTS = {".py", ".sh"}
SKIPPED_FOLDERS = {"build", ".git", ".cache", "node_modules", "__pycache__"}

TOKEN = re.compile(
    r"""(?P<line>//(?:\\\n|[^\n])*)
      | (?P<block>/\*.*?\*/)
      | (?P<raw>\bR"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)")
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<number>\b\d[\w.']*)
      | (?P<char>'(?:\\.|[^'\\\n])+')""",
    re.S | re.X,
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.M)


@dataclass(frozen=True)
class Block:
    """One pair of braces: what stands before it tells its kind. Lines count from 1; depth 0 is the outermost."""

    kind: str  # scope (namespace, extern), type (class, struct, union, enum), function or other
    name: str
    first: int
    last: int
    start: int  # offsets into the blanked code: of '{' and '}'
    end: int


class Source:
    """One file of the tree. 'path' is relative to the root, with slashes."""

    def __init__(self, path: str, text: str):
        self.path = path
        self.text = text
        self.suffix = Path(path).suffix
        self.lines = text.split("\n")

    @property
    def is_cpp(self) -> bool:
        return self.suffix in CPP

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def line_at(self, offset: int) -> int:
        return bisect.bisect_right(self._starts, offset)

    @cached_property
    def _split(self) -> tuple[str, list[tuple[int, str]]]:
        strings = []

        def blank(match: re.Match) -> str:
            found = match.group(0)
            if match.lastgroup == "number":
                return found
            if match.group("string") is not None or match.group("raw") is not None:
                strings.append((match.start(), found))
            if match.group("line") is not None or match.group("block") is not None:
                return re.sub(r"[^\n]", " ", found)
            return found[0] + re.sub(r"[^\n]", "_", found[1:-1]) + found[-1]

        return TOKEN.sub(blank, self.text), strings

    @cached_property
    def code(self) -> str:
        """The text with comments blanked and the insides of strings replaced by '_'; offsets and lines stay."""
        return self._split[0]

    @cached_property
    def statements(self) -> str:
        """As 'code', with preprocessor lines blanked too, so that braces and semicolons are those of the language."""
        return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda match: re.sub(r"[^\n]", " ", match.group(0)), self.code, flags=re.M)

    @cached_property
    def strings(self) -> list[tuple[int, str]]:
        """(line, literal with its quotes) for each string literal outside comments."""
        return [(self.line_at(offset), literal) for offset, literal in self._split[1]]

    @cached_property
    def includes(self) -> list[tuple[int, str]]:
        """(line, name) of each #include; strings are read from the text, but only where the code has a directive."""
        return [
            (self.line_at(match.start()), match.group(1) or match.group(2))
            for match in INCLUDE.finditer(self.text)
            if self.code[match.start() : match.start() + 40].lstrip().startswith("#")
        ]

    def comment_before(self, line: int, marker: str) -> bool:
        """Whether 'marker: reason' stands in a comment on this line or in the comment lines directly above it."""
        wanted = re.compile(r"//.*\b" + marker + r": \S")
        if wanted.search(self.lines[line - 1]):
            return True
        above = line - 2
        while above >= 0 and self.lines[above].lstrip().startswith("//"):
            if wanted.search(self.lines[above]):
                return True
            above -= 1
        return False

    @cached_property
    def blocks(self) -> list[Block]:
        found: list[Block] = []
        open_blocks: list[tuple[str, str, int, int]] = []
        header_start = 0
        finished: list[tuple[str, str, int, int, int]] = []
        code = self.statements
        round_depth = 0
        for match in re.finditer(r"[{};()]", code):
            token, at = match.group(0), match.start()
            if token in "()":
                round_depth = max(0, round_depth + (1 if token == "(" else -1))
            elif token == "{":
                header = code[header_start:at]
                kind, name = classify(header, [entry[0] for entry in open_blocks])
                open_blocks.append((kind, name, at, len(header) - len(header.lstrip()) + header_start))
                header_start = at + 1
            elif token == "}":
                closed = open_blocks.pop() if open_blocks else None
                if closed and closed[0] == "init":
                    header_start = closed[3]
                    continue
                if closed:
                    finished.append((*closed, at))
                header_start = at + 1
            elif round_depth == 0:
                header_start = at + 1
        for kind, name, start, header_at, end in finished:
            found.append(Block(kind, name, self.line_at(header_at), self.line_at(end), start, end))
        return sorted(found, key=lambda block: block.start)

    def block_around(self, offset: int) -> Block | None:
        """The innermost block that holds this offset."""
        inner = None
        for block in self.blocks:
            if block.start < offset <= block.end:
                inner = block
        return inner


FUNCTION_END = re.compile(
    r"\)\s*(?:const|noexcept(?:\([^()]*\))?|override|final|mutable|&&?|requires\b.*|->.*|try|\s)*(?::\s*[^:].*)?$", re.S
)


def classify(header: str, around: list[str]) -> tuple[str, str]:
    """What a brace opens, told from the code between it and the end of what stood before."""
    header = re.sub(r"\[\[.*?\]\]", " ", header, flags=re.S).strip()
    if any(kind in ("function", "other", "init") for kind in around):
        return "other", ""
    if re.search(r"\)\s*(?:noexcept\s*)?:\s*(?!:)(?:.*[,\s])?[\w:]+(?:<[^<>]*>)?$", header, re.S):
        return "init", ""  # a member's initializer: a_{...}
    if re.match(r"(inline\s+)?namespace\b|extern\s*\"", header):
        return "scope", ""
    bare = re.sub(r"^template\s*<.*?>\s*(?=class|struct|union)", "", header, flags=re.S)
    if re.match(r"(?:(?:public|private|protected)\s*:\s*)?(?:typedef\s+)?(class|struct|union|enum)\b", bare) and not re.search(
        r"\)\s*(const|noexcept|override|\s)*$", bare
    ):
        return "type", bare
    if FUNCTION_END.search(header) and not re.search(r"=\s*$", header):
        name = re.search(r"([\w:~]+|operator\s*\S+)\s*\(", header)
        return "function", name.group(1) if name else header[:40]
    return "other", ""


class Tree:
    """All files of a source tree that the rules look at."""

    def __init__(self, root: Path):
        self.root = root
        self.sources: dict[str, Source] = {}
        self.cmake: dict[str, str] = {}
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root)
            if SKIPPED_FOLDERS.intersection(relative.parts) or not path.is_file() or path.is_symlink():
                continue
            name = relative.as_posix()
            if path.name == "CMakeLists.txt" or path.suffix == ".cmake":
                self.cmake[name] = path.read_text(encoding="utf-8")
            if self.is_source(path):
                self.sources[name] = Source(name, path.read_text(encoding="utf-8"))

    @staticmethod
    def is_source(path: Path) -> bool:
        if path.suffix in CPP | SCRIPTS | {".proto", ".cmake"} or path.name in ("CMakeLists.txt",):
            return True
        if path.suffix:
            return False
        with path.open("rb") as file:
            return file.read(2) == b"#!"

    @property
    def cpp(self) -> list[Source]:
        return [source for source in self.sources.values() if source.is_cpp]
