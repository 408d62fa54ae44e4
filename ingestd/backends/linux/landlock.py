"""Landlock (landlock(7)): which files this process, and all it starts, may still reach."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from ingestd.backends.linux.calls import libc

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL = (1 << 13) - 1
"""Every right of the first version: those above, and to make and remove what there may be."""
_REFER, _TRUNCATE, _DEVICES = 1 << 13, 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICES
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Rule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Return the kernel's version of Landlock; 0 where it has none or it is switched off."""
    return max(int(libc.syscall(_CREATE, None, 0, _VERSION)), 0)


def restrict(readable: Iterable[str], writable: Iterable[str]) -> bool:
    """Leave this thread, and what it starts, these files and folders alone; paths must be there.

    To read includes to execute. Neither TCP, nor signals or abstract sockets to the outside, where
    the kernel's version covers them. Returns False, with nothing changed, where it has none.
    """
    known = version()
    if not known:
        return False
    handled = _ALL | sum(right for at, right in _LATER.items() if known >= at)
    rules = _Ruleset(
        handled,
        _BIND_TCP | _CONNECT_TCP if known >= 4 else 0,
        _ABSTRACT_SOCKETS | _SIGNALS if known >= 6 else 0,
    )
    ruleset = libc.syscall(_CREATE, ctypes.byref(rules), _size(known), 0)
    if ruleset < 0:
        return False
    try:
        for path in readable:
            _allow(ruleset, path, _READ & handled)
        for path in writable:
            _allow(ruleset, path, handled)
        return bool(libc.syscall(_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


_LATER = {2: _REFER, 3: _TRUNCATE, 5: _DEVICES}


def _size(known: int) -> int:
    """Return how much of the structure a version of the kernel knows."""
    if known >= 6:
        return 24
    return 16 if known >= 4 else 8


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # Not on this machine: then it is not needed either.
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_FILES
        rule = _Rule(rights, descriptor)
        libc.syscall(_ADD, ruleset, _BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)
