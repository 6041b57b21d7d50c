#!/usr/bin/env python3
"""Checks a source tree against the rules of the house: tidy.py [ROOT]. Prints path:line: rule: words; exit 1 if there are any."""

import sys
from pathlib import Path

import rules
from source import Tree


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    tree = Tree(root)
    if not tree.sources:
        print(f"no source files below {root}", file=sys.stderr)
        return 2
    findings = rules.check(tree)
    for finding in findings:
        print(finding)
    print(f"tidy: {len(tree.sources)} files, {len(rules.RULES)} rules, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
