#!/usr/bin/env python3
"""Plants a violation of each rule into a small clean tree and wants exactly that finding; a rule never seen red is an error.

Method: the clean tree shows every form that is allowed, so a rule that cries wolf fails too."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import clang_tidy  # noqa: E402
import rules  # noqa: E402
from source import Source, Tree  # noqa: E402

OPENING = "// What this file is for, who may use it, on which thread.\n"

CLEAN = {
    "CMakeLists.txt": "# The build of a small tree for tests.\nadd_library(all)\n",
    "crypto/base/CMakeLists.txt": "add_library(base hash.cpp)\noption(-include ${HERE}/mark.hpp)\n",
    "crypto/base/mark.hpp": OPENING + "#pragma once\n",
    "crypto/base/labels.hpp": OPENING + '#pragma once\nconstexpr auto mailbox = "vigil mailbox";\n',
    "crypto/base/hash.hpp": OPENING + '#pragma once\n#include "crypto/base/labels.hpp"\n',
    "crypto/base/hash.cpp": '#include "crypto/base/hash.hpp"\n#include <sodium.h>\n',
    "server/CMakeLists.txt": "# The relay, with all that it links.\nadd_library(server connection.cpp outbox.cpp)\n",
    "server/outbox.hpp": OPENING
    + """#pragma once
#include <deque>
class Outbox {
 public:
  std::vector<int> all() const;
  explicit Outbox(std::vector<int> first) : first_{first}, size_(1) {}

 private:
  // Waits for the writer.
  // bounded: by the window, 64
  std::deque<int> waiting_;
  std::vector<int> first_;  // bounded: given once
  int size_;
};
""",
    "server/outbox.cpp": '// Copying.\n#include "server/outbox.hpp"\nstd::vector<int> Outbox::all() const { return {}; }\n',
    "server/connection.cpp": OPENING
    + """#include <boost/beast/core.hpp>
#include "crypto/base/hash.hpp"
#include "server/outbox.hpp"
// TODAY is no promise, "co_await f(co_await g())" in a comment is no code.
asio::awaitable<int> serve(Store& store, Copy copy) {
  const Result<int> stored = co_await store.store(std::move(copy));
  const auto [error, bytes] = co_await socket.read(asio::buffer(data), as_values);
  if (!stored) co_return co_await refuse({}, 1'000'000);
  for (auto& each : all) co_await each.done();
  switch (kind) {
    case Kind::alert: co_await ring(); break;
    case Kind::ping: {
      result.value = co_await ring<Tag{}>(a->b);
    }
  }
  static_cast<void>(co_await pause());
  asio::steady_timer timer(co_await asio::this_coro::executor, wait);
  co_await pause(wait / 2 + milliseconds(random_below(static_cast<std::uint32_t>(wait.count() / (2 + 1)))));
  co_await async_initiate<const use_awaitable_t<>, void(optional<string>)>(start, use_awaitable);
  auto both = co_await (read() || write());
  // detached: loses nothing, the connection waits for it
  asio::co_spawn(executor, [self]() -> asio::awaitable<void> { co_await self->run(); }, asio::detached);
  co_return 0;
}
""",
}


def long_function(lines: int) -> str:
    return "int long_one() {\n" + "  work();\n" * (lines - 2) + "}\n"


def awaiting(statement: str) -> tuple[str, str, str, int]:
    return "await", "server/outbox.cpp", '#include "server/outbox.hpp"\nTask<int> f() {\n' + statement + "\n}\n", 3


# rule, file, its whole text, line of the finding
PLANTED = [
    ("arrow", "server/outbox.cpp", '#include "server/outbox.hpp"\n#include "crypto/e2ee/session.hpp"\n', 2),
    ("arrow", "crypto/base/hash.cpp", '#include "crypto/base/hash.hpp"\n#include "server/outbox.hpp"\n', 2),
    ("arrow", "server/outbox.cpp", '#include "server/outbox.hpp"\n#include "client/socket.hpp"\n', 2),
    ("arrow", "server/outbox.cpp", '#include "server/outbox.hpp"\n\n#include "proto/content.pb.h"\n', 3),
    ("arrow", "server/outbox.cpp", '#include "server/outbox.hpp"\n#include "storage/embedded/open.hpp"\n', 2),
    ("arrow", "server/outbox.cpp", '#include "server/outbox.hpp"\n  #  include <signal/signal_protocol.h>\n', 2),
    ("arrow", "server/outbox.cpp", '#include "server/outbox.hpp"\n#include <rocksdb/db.h>\n', 2),
    ("arrow", "crypto/base/hash.cpp", '#include "crypto/base/hash.hpp"\n#include <boost/asio/post.hpp>\n', 2),
    ("beast", "server/outbox.cpp", '#include "server/outbox.hpp"\n#include <boost/beast/http.hpp>\n', 2),
    ("opening", "server/outbox.cpp", "#include <string>\n#include \"server/outbox.hpp\"\n", 1),
    ("opening", "server/outbox.cpp", "// Outbox.\n#include <string>\n#include \"server/outbox.hpp\"\n", 1),
    ("opening", "server/helper.py", "import sys\n", 1),
    ("long line", "server/outbox.cpp", OPENING + "int " + "a" * 126 + ";\n", 2),
    ("long file", "server/outbox.cpp", OPENING + "int a;\n" * 500, 501),
    ("long function", "server/outbox.cpp", OPENING + long_function(71), 2),
    ("long function", "server/outbox.cpp", OPENING + "namespace a {\nint x;\n" + long_function(71) + "}\n", 4),
    ("long function", "server/outbox.cpp", OPENING + "A::A(int b)\n    : b_{b}, c_(b) {\n" + "  work();\n" * 69 + "}\n", 2),
    ("long function", "server/outbox.cpp", OPENING + 'TEST_CASE("a") {\n  if (x) {\n' + "  }\n  {\n" * 35 + "  }\n}\n", 2),
    ("long function", "server/helper.py", '"""What this script is for."""\ndef f():\n' + "    work()\n" * 70, 2),
    ("dead file", "server/forgotten.cpp", OPENING, 1),
    ("dead file", "server/forgotten.hpp", OPENING + "#pragma once\n", 1),
    ("dead file", "client/words.proto", OPENING, 1),
    ("dead file", "crypto/base/connection.cpp", OPENING, 1),
    ("pragma once", "crypto/base/hash.hpp", OPENING + '#include "crypto/base/labels.hpp"\n', 1),
    ("later", "server/outbox.cpp", OPENING + "// TO" + "DO: bound it\n", 2),
    ("later", "CMakeLists.txt", "# The build of a small tree for tests.\n# FIX" + "ME\n", 2),
    ("shared_from_this", "server/outbox.cpp", OPENING + "\nauto me = this->shared_from_this();\n", 3),
    ("detached", "server/outbox.cpp", OPENING + "asio::co_spawn(executor, work(), asio::detached);\n", 2),
    ("detached", "server/outbox.cpp", OPENING + "// detached:\nasio::co_spawn(executor, work(), detached);\n", 3),
    awaiting("  if (co_await ready()) return;"),
    awaiting("  work(co_await ready());"),
    awaiting("  while (!co_await ready()) {}"),
    awaiting("  const int a = 1 + co_await ready();"),
    awaiting("  const int a = (co_await ready()).value();"),
    awaiting("  const int a = co_await ready() + 1 == 2;"),
    awaiting("  const int a = co_await (late ? one() : two());"),
    awaiting("  const int a = co_await apply(Write{1, 2});"),
    awaiting("  const int a = co_await apply({1, 2});"),
    awaiting("  const int a = co_await apply([&store] { return store; });"),
    awaiting("  co_await one(co_await two());"),
    awaiting("  const bool a = good && co_await ready();"),
    ("bounded", "server/outbox.hpp", OPENING + "#pragma once\nclass A {\n  std::deque<std::vector<int>> queue_;\n};\n", 4),
    ("bounded", "server/outbox.hpp", OPENING + "#pragma once\nstruct A : B {\n  // many\n  std::map<int, int> all_{};\n};\n", 5),
    ("label", "server/outbox.cpp", OPENING + 'auto id = hash("vigil mailbox", key);\n', 2),
    ("label", "crypto/base/hash.cpp", '#include "crypto/base/hash.hpp"\nauto id = hash("vigil new thing", key);\n', 2),
    ("label", "crypto/base/labels.hpp", OPENING + '#pragma once\nauto a = "vigil a";\nauto b = "vigil a";\n', 4),
    ("named test", "docs/threat-model.md", '# Threat model\n\n| cannot | end alone ("no such test") |\n', 3),
    ("named test", "docs/threat-model.md", "# Threat model\n\n| cannot | end alone, we think |\n", 3),
]


def findings(changes: dict[str, str], wanted=rules.RULES) -> list[rules.Finding]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (CLEAN | changes).items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return rules.check(Tree(Path(folder)), wanted)


class TidyTest(unittest.TestCase):
    def test_a_clean_tree_has_no_finding(self):
        self.assertEqual([str(finding) for finding in findings({})], [])

    def test_each_planted_violation_is_found_alone(self):
        for rule, path, text, line in PLANTED:
            with self.subTest(rule=rule, text=text[-80:]):
                found = {(f.rule, f.path, f.line) for f in findings({path: text})}
                self.assertEqual({entry for entry in found if entry[1] == path}, {(rule, path, line)})

    def test_every_rule_has_been_seen_red(self):
        for rule in rules.RULES:
            with self.subTest(rule=rule.__name__):
                self.assertTrue(any(findings({path: text}, [rule]) for _, path, text, _ in PLANTED))

    def test_functions_of_just_the_allowed_length_pass(self):
        self.assertEqual(findings({"server/outbox.cpp": '#include "server/outbox.hpp"\n' + long_function(70)}), [])

    def test_blocks_are_told_apart(self):
        text = "namespace a {\nstruct B {\n  int c() const noexcept { return 1; }\n  int d{2};\n};\nenum E : int { one };\n}\n"
        kinds = [block.kind for block in Source("x.cpp", text).blocks]
        self.assertEqual(kinds, ["scope", "type", "function", "other", "type"])

    def test_strings_and_comments_are_not_code(self):
        text = 'auto a = R"x({ co_await )" )x"; // {\nchar b = \'{\'; /* } */ auto c = 1\'000; auto d = "a\\"{";\n'
        source = Source("x.cpp", text)
        self.assertNotIn("{", source.code)
        self.assertNotIn("co_await", source.code)
        self.assertEqual(len(source.strings), 2)

    def test_clang_tidy_forgets_a_file_when_what_it_reads_changes_and_only_then(self):
        # Goal: no stale "clean". Method: a mark of one file before and after each change of something near or far.
        files = {
            "server/a.cpp": '#include "server/a.hpp"\n',
            "server/a.hpp": '#include "proto/far.hpp"\n#include <vector>\n',
            "proto/far.hpp": "int far();\n",
            "server/other.hpp": "int other();\n",
            ".clang-tidy": "Checks: x\n",
            "client/.clang-tidy": "Checks: y\n",
        }
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)

            def mark(command: str = "c++ a.cpp", version: str = "19") -> str:
                return clang_tidy.mark_of(root, root / "server/a.cpp", command, root / "build", version)

            for path in files:
                with self.subTest(path=path):
                    before = mark()
                    (root / path).write_text(files[path] + "// changed\n")
                    self.assertEqual(mark() == before, path in ("server/other.hpp", "client/.clang-tidy"))
            self.assertNotEqual(mark(), mark(command="c++ -O2 a.cpp"))
            self.assertNotEqual(mark(), mark(version="20"))


if __name__ == "__main__":
    unittest.main()
