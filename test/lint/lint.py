#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lint.py [FOLDER]: the house rules (test/lint/rules.py) over every file. Exit 1 when one is broken;
a warning breaks none."""
import sys

from rules import RULES, Tree


def main():
    tree = Tree(sys.argv[1] if len(sys.argv) > 1 else ".")
    broken = 0
    for name, rule in RULES.items():
        for path, line, sentence in rule(tree):
            broken += not sentence.startswith("warning")
            print(f"{path}:{line}: {sentence} [{name}]")
    print(f"lint: {len(RULES)} rules, {len(tree.texts)} files, {broken} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
