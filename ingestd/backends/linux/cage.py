"""The cage of a parser child: what it may reach, and how much it may take."""

from __future__ import annotations

import os
import resource
import signal
import site
import sys
from collections.abc import Collection
from dataclasses import dataclass

import ingestd
from ingestd.backends.linux import landlock, seccomp
from ingestd.backends.linux.calls import libc

_DIES_WITH_PARENT = 1
_SYSTEM = (
    "/usr", "/bin", "/lib", "/lib32", "/lib64", "/nix/store",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/timezone",
    "/etc/mime.types", "/etc/magic", "/etc/fonts", "/etc/libreoffice", "/etc/nsswitch.conf",
    "/etc/passwd", "/etc/alternatives", "/proc", "/sys/devices/system/cpu", "/sys/fs/cgroup",
    "/dev/urandom", "/dev/random",
)  # fmt: skip
"""Code and what code looks at: no folder that documents or secrets lie in."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
_FILE_BYTES = 1_000_000_000
_OPEN_FILES = 512


@dataclass(frozen=True, slots=True)
class Cage:
    """What one child gets."""

    memory_bytes: int
    scratch: str
    """The one folder that it may write to."""
    readable: tuple[str, ...] = ()
    """Beside its code, for instance the folder of a model."""
    unix_sockets: bool = False


def close(cage: Cage) -> list[str]:
    """Lock this process in, with all that it starts; return what holds it.

    To be called while it has a single thread: Landlock holds those that come later.
    """
    held = ["memory, CPU and file limits"]
    resource.setrlimit(resource.RLIMIT_DATA, (cage.memory_bytes, cage.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    hard = min(_OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    libc.prctl(_DIES_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if seccomp.forbid_network(unix_sockets=cage.unix_sockets):
        held.append("seccomp")
    if landlock.restrict(_readable(cage.readable), [cage.scratch, *_DEVICES]):
        held.append(f"Landlock {landlock.version()}")
    return held


def allow_seconds(seconds: float) -> None:
    """Give this process so much more time of the processor; then the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _readable(further: Collection[str]) -> list[str]:
    code = {sys.prefix, sys.base_prefix, os.path.dirname(sys.executable), *site.getsitepackages()}
    code |= {os.path.realpath(sys.executable), os.path.dirname(ingestd.__file__)}
    code |= {entry for entry in sys.path if entry and os.path.isabs(entry)}
    # A library folder says nothing of its parent: the working folder may hold documents.
    code -= {os.getcwd(), os.path.dirname(os.path.dirname(ingestd.__file__))}
    return sorted({*code, *_SYSTEM, *further})
