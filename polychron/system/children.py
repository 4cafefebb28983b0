"""The programs that a command starts, none of which runs on when it is interrupted or killed. Imports nothing of ours.

Each program has a process group of its own, so that what it starts in turn ends with it. The group's leader is a shell that waits for
the end of a pipe from this process, and then kills the group: the system closes the pipe however this process ends, SIGKILL included.
"""

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

_LEADER = ("/bin/sh", "-c", "read end; kill -KILL 0")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class _State:
    lock = threading.RLock()
    running: ClassVar[dict["subprocess.Popen[str]", "subprocess.Popen[bytes]"]] = {}  # a program and its group's leader
    starting = False  # the main thread is about to start one
    interrupted = 0  # the signal that has come


def end_children() -> None:
    """End every program under way, whichever thread waits for it."""
    with _State.lock:
        for leader in list(_State.running.values()):  # another thread may take one out meanwhile
            _end(leader)


def _end(leader: "subprocess.Popen[bytes]") -> None:
    if leader.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader.pid, signal.SIGKILL)


def _start(command: Sequence[str], folder: Path, options: dict[str, Any]) -> "subprocess.Popen[str]":
    main, nothing = threading.current_thread() is threading.main_thread(), subprocess.DEVNULL
    environ = {**os.environ, **options.pop("env", {}), "TMPDIR": str(folder.resolve())}
    with _State.lock:
        if _State.interrupted:
            raise KeyboardInterrupt(_State.interrupted)
        _State.starting = main
        try:
            leader = subprocess.Popen(_LEADER, stdin=subprocess.PIPE, stdout=nothing, stderr=nothing, process_group=0)
            options = {"env": environ, "stdin": nothing, "text": True, "errors": "replace", "process_group": leader.pid, **options}
            try:
                process = subprocess.Popen(command, **options)
            except BaseException:
                leader.communicate()  # closes its pipe
                raise
            _State.running[process] = leader
        finally:
            _State.starting = False
    if _State.interrupted:
        end_children()
        raise KeyboardInterrupt(_State.interrupted)
    return process


def named_command(variable: str, given: str) -> list[str]:
    """The words of a command that an environment variable names, read as a shell would: ``ccache g++``. Others raise ``ValueError``."""
    try:
        words = shlex.split(given)
    except ValueError as error:
        raise ValueError(f"the environment variable {variable} must be a program and its options, not {given!r}: {error}") from None
    if not words or not words[0]:
        raise ValueError(f"the environment variable {variable} must be a program and its options, not {given!r}")
    return words


@contextmanager
def child(command: Sequence[str], *, folder: Path, **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """A program under way, its pipes text; one that still runs when the block is left by an exception is ended, else waited for.

    ``folder``: where its temporary files go. ``options``: those of ``subprocess.Popen``; ``env`` comes on top of this process'.
    """
    process = _start(command, folder, options)
    try:
        yield process
        process.wait()
    finally:
        leader = _State.running[process]
        _end(leader)
        with process, leader:  # closes their pipes and waits
            pass
        del _State.running[process]


def run(command: Sequence[str], *, folder: Path, timeout: float | None = None, **options: Any) -> "subprocess.CompletedProcess[str]":
    """A program from start to end, with what it prints; see :func:`child`."""
    with child(command, folder=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options) as process:
        out, errors = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(list(command), process.returncode, out, errors)


@contextmanager
def interruptible() -> Iterator[None]:
    """While it is entered, Ctrl-C, SIGTERM, SIGHUP and SIGQUIT end every program under way and raise ``KeyboardInterrupt(number)``.

    After that the block starts no program, and behind it these signals are ignored: the process is about to end. A signal that was
    ignored before stays so; outside the main thread, where Python takes no signals, all stay as they are.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    before = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if _State.interrupted else handler)
        _State.interrupted = 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    _State.interrupted = number
    if not _State.starting:  # else _start ends it
        end_children()
        raise KeyboardInterrupt(number)
