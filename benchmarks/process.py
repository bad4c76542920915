"""Whole processes from outside: wall time, processor time and the largest resident set, as the kernel counts them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Command = Sequence[str]
# Installed packages come with their bytecode; without it a checkout would be compiled anew in every run.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Run:
    """One finished process: seconds, and kibibytes of resident set at most."""

    wall: float
    cpu: float
    peak_kib: int


@dataclass(frozen=True)
class Runs:
    """Several runs of one command."""

    runs: tuple[Run, ...]

    @property
    def wall(self) -> float:
        return median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        return median(run.cpu for run in self.runs)

    @property
    def peak_mb(self) -> float:
        return max(run.peak_kib for run in self.runs) * 1024 / 1e6

    @property
    def spread(self) -> tuple[float, float]:
        walls = [run.wall for run in self.runs]
        return min(walls), max(walls)


class FailedError(Exception):
    """A timed command ended with a status that it should not."""


def run_once(command: Command, accepted: Sequence[int] = (0,)) -> Run:
    """Run a command to its end; `accepted` are the exit statuses that count as done."""
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            list(command), env=_ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in accepted:
            errors.seek(0)
            raise FailedError(f"{' '.join(command)}: status {process.returncode}\n{errors.read().decode()}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def in_turn(
    commands: Mapping[str, Command], runs: int, accepted: Sequence[int] = (0,), warm_up: int = 1
) -> dict[str, Runs]:
    """Run the commands A B C A B C ..., after rounds that do not count, so that drift meets all alike."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(-warm_up, runs):
        for name, command in commands.items():
            done = run_once(command, accepted)
            if number >= 0:
                found[name].append(done)
    return {name: Runs(tuple(each)) for name, each in found.items()}


def peak_by_gnu_time(command: Command) -> float:
    """Megabytes of `Maximum resident set size` as /usr/bin/time -v prints it."""
    program = shutil.which("time", path="/usr/bin")
    if program is None:
        raise FailedError("/usr/bin/time is not installed: bash scripts/setup-debian.sh")
    done = subprocess.run(
        [program, "-v", *command], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    match = re.search(r"Maximum resident set size \(kbytes\): (\d+)", done.stderr)
    if match is None:
        raise FailedError(f"{program} -v printed no maximum resident set size")
    return int(match[1]) * 1024 / 1e6
