"""Seccomp (seccomp(2)): kernel calls that this process, and all it starts, may not make any more.

The filter is written out by hand, a dozen instructions: the library for it is not on every machine.
"""

from __future__ import annotations

import ctypes
import platform
import struct

from ingestd.backends.linux.calls import libc

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_X32 = 0x40000000
_AF_UNIX = 1

_NAMES = (
    "socket", "ptrace", "process_vm_readv", "process_vm_writev", "mount", "umount2", "unshare",
    "setns", "bpf", "perf_event_open", "keyctl", "userfaultfd", "io_uring_setup", "pidfd_getfd",
)  # fmt: skip
"""Ways to the network, to other processes and out of the cage; io_uring is not filtered else."""
_CALLS = {
    "x86_64": (
        0xC000003E,
        (41, 101, 310, 311, 165, 166, 272, 308, 321, 298, 250, 323, 425, 438),
    ),
    "aarch64": (
        0xC00000B7,
        (198, 117, 270, 271, 40, 39, 97, 268, 280, 241, 219, 282, 425, 438),
    ),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forbid_network(*, unix_sockets: bool) -> bool:
    """Refuse sockets and ways around that from now on; False where the kernel cannot.

    `unix_sockets`: those on this machine may be made, which LibreOffice cannot do without.
    """
    known = _CALLS.get(platform.machine())
    if known is None or libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    architecture, numbers = known
    socket, *others = numbers
    program = [
        _step(_LOAD, 0, 0, _ARCHITECTURE),
        _step(_EQUAL, 1, 0, architecture),
        _step(_RETURN, 0, 0, _KILL),
        _step(_LOAD, 0, 0, _NUMBER),
        # The same kernel calls under other numbers.
        _step(_AT_LEAST, len(others) + 4, 0, _X32),
        # Each jumps forward to the last instruction: refuse.
        *(_step(_EQUAL, len(others) + 3 - n, 0, number) for n, number in enumerate(others)),
        _step(_EQUAL, 0, 2, socket),
        _step(_LOAD, 0, 0, _FIRST_ARGUMENT),
        _step(_EQUAL, 0 if unix_sockets else 1, 1, _AF_UNIX),
        _step(_RETURN, 0, 0, _ALLOW),
        _step(_RETURN, 0, 0, _REFUSE),
    ]
    code = b"".join(program)
    loaded = _Program(len(program), code)
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(loaded), 0, 0) == 0)


def _step(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
