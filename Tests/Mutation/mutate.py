#!/usr/bin/env python3
"""Do the tests notice mistakes? Puts those of mutants.txt into a copy of the source, one at a time, and runs the tests.

    Tests/Mutation/mutate.py                  all of them
    Tests/Mutation/mutate.py --check          none, in a second: do they still fit the source?
    Tests/Mutation/mutate.py linkage api.c    those whose file or title contains one of these words

A mutant is caught when the tests fail or do not end, and has survived when they pass (then the exit status is 1). Its text must
be in its file exactly once, and what becomes of it must compile: anything else is a mistake of the list (status 2).
"""

import argparse
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


class ListError(Exception):
    """The list of mutants is wrong, or the source that it is for."""


@dataclasses.dataclass
class Part:
    """What the mutants of a part of the list are built and tested with."""

    build: str
    test: str = ""
    limit: float = 0  # seconds after which a test does not end any more; 0 until the tests have passed without a mutant


@dataclasses.dataclass
class Mutant:
    part: Part
    file: str
    title: str
    old: list[str] = dataclasses.field(default_factory=list)  # lines
    new: list[str] = dataclasses.field(default_factory=list)

    def __str__(self):
        return f"{self.file}: {self.title}"

    def applied_to(self, source):
        old, new = "\n".join(self.old), "\n".join(self.new)
        if not old or source.count(old) != 1:
            raise ListError(f"{self}: the text is in the file {source.count(old) if old else 0} times")
        return source.replace(old, new)


def read_list(path):
    """The form is described at the head of mutants.txt."""
    mutants, part = [], None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        kind, _, rest = line.partition(" ")
        if kind == "build:":
            part = Part(rest.strip())
        elif kind == "test:" and part:
            part.test = rest.strip()
        elif kind == "@" and part and part.test:
            file, _, title = rest.partition(": ")
            mutants.append(Mutant(part, file, title))
        elif kind == "-" and mutants:
            mutants[-1].old.append(rest)
        elif kind == "+" and mutants:
            mutants[-1].new.append(rest)
        elif line and not line.startswith("#"):
            raise ListError(f"{path.name}:{number}: {line}")
    return mutants


def copy_tree(root, copy):
    """What git knows or would add, as it is now."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=root, check=True, capture_output=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        source, target = root / name, copy / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)


def run(command, directory, limit=None):
    """Whether the command succeeds within the limit of seconds, and its output."""
    process = subprocess.Popen(
        command, shell=True, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=limit)
        return process.returncode == 0, output.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return False, f"not within {limit:.0f} seconds"
    finally:
        if process.returncode is None:  # it has run too long, or this program is interrupted
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def check_unchanged(part, copy):
    """The tests must pass where nothing is wrong; how long they take then limits them where something is."""
    built, output = run(part.build, copy)
    if not built:
        raise ListError(f"without any mutant `{part.build}` fails:\n{output}")
    start = time.monotonic()
    passed, output = run(part.test, copy)
    if not passed:
        raise ListError(f"without any mutant `{part.test}` fails:\n{output}")
    part.limit = 60 + 10 * (time.monotonic() - start)


def is_caught(mutant, copy):
    path = copy / mutant.file
    source = path.read_text()
    if not mutant.part.limit:
        check_unchanged(mutant.part, copy)
    path.write_text(mutant.applied_to(source))
    try:
        built, output = run(mutant.part.build, copy)
        if not built:
            raise ListError(f"{mutant}: does not compile:\n{output}")
        passed, _ = run(mutant.part.test, copy, mutant.part.limit)
        return not passed
    finally:
        path.write_text(source)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="only mutants whose file or title contains one of them")
    parser.add_argument("--check", action="store_true", help="only whether the text of each is in its file, once")
    parser.add_argument("--list", type=pathlib.Path, default=HERE / "mutants.txt", help="another list of mutants")
    arguments = parser.parse_args()
    wanted = [
        mutant
        for mutant in read_list(arguments.list)
        if not arguments.words or any(word in str(mutant) for word in arguments.words)
    ]
    root, verdicts = HERE.parent.parent, []
    for mutant in wanted:  # before hours are spent
        mutant.applied_to((root / mutant.file).read_text())
    if arguments.check:
        print(f"{len(wanted)} mutants, each in its place")
        return 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as copy:
        copy_tree(root, pathlib.Path(copy))
        for mutant in wanted:
            try:
                verdict = "caught" if is_caught(mutant, pathlib.Path(copy)) else "SURVIVED"
            except ListError as error:
                verdict = "ERROR"
                print(error, file=sys.stderr)
            verdicts.append(verdict)
            print(f"{verdict:8}  {mutant}", flush=True)
    print(f"{verdicts.count('caught')} of {len(verdicts)} caught")
    return 2 if "ERROR" in verdicts else 1 if "SURVIVED" in verdicts else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ListError as error:
        print(f"a mistake of the list: {error}", file=sys.stderr)
        sys.exit(2)
