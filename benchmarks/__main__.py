"""Every benchmark, and one table: `python -m benchmarks [--quick] [--only ingest,disk]`; `make bench` is the same.

Each runs in processes of its own, one after the other. In full that takes more than an hour; --quick runs everything
on little, to see that it runs: those figures mean nothing. Exits with 1 when a figure does not hold.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from benchmarks.table import HEADER, is_row, machine

QUICK = {
    "worker": "--votes 4000 --history 4000 --backlog 4000 --rounds 1",
    "ingest": "--seconds 1 --rounds 1",
    "latency": "--rate 50 --seconds 3",
    "questions": "--votes 50000 --articles 200 --rounds 2",
    "disk": "--votes 4000",
}
"""The benchmarks in their order, and the least that shows each at work."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--only", default=",".join(QUICK), metavar="NAMES")
    given = options.parse_args()
    names = [str(name) for name in given.only.split(",")]
    if unknown := set(names) - set(QUICK):
        raise SystemExit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(QUICK)}")
    rows: list[str] = []
    failed: list[str] = []
    before = machine()
    for name in names:
        print(f"\n{name}", flush=True)
        own, code = run(name, QUICK[name].split() if given.quick else [])
        rows += own
        if code or not own:
            failed.append(name)
    print(f"\n{before}\n")
    if given.quick:
        print("A quick run: the figures mean nothing.\n")
    print("\n".join([HEADER, *rows]))
    if failed:
        raise SystemExit(f"did not end: {', '.join(failed)}")
    if not given.quick and not all(one.endswith("| yes |") for one in rows):
        raise SystemExit(1)


def run(name: str, arguments: list[str]) -> tuple[list[str], int]:
    """One benchmark: what it prints is shown as it comes; its rows of the table, and its exit code."""
    rows = []
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if is_row(line):
                rows.append(line.rstrip())
            else:
                print(f"  {line}", end="", flush=True)
    return rows, process.returncode


if __name__ == "__main__":
    main()
