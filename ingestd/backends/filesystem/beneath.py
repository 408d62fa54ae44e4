"""Opening a file beneath a root and nowhere else, whatever stands in its place by then."""

from __future__ import annotations

import ctypes
import errno
import os
import stat

_OPENAT2 = 437
_NO_MAGIC, _NO_LINKS, _BENEATH = 2, 4, 8
"""Of openat2(2): resolve no links of /proc, none at all, and nothing that leads out."""
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_MISSING = (errno.ENOSYS, errno.EPERM)
_libc = ctypes.CDLL(None, use_errno=True)


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_beneath(root: bytes, relative: bytes) -> int:
    """Open a regular file for reading; return its descriptor.

    Links are followed as long as they stay beneath the root. Raises OSError for what cannot be
    read, leads out, or is no regular file (any more).
    """
    folder = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        descriptor = _opened(folder, root, relative)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file")
    return descriptor


def _opened(folder: int, root: bytes, relative: bytes) -> int:
    try:
        return _openat2(folder, relative, _BENEATH | _NO_MAGIC)
    except OSError as error:
        if (
            error.errno in _MISSING
        ):  # An old kernel, or a container that refuses what it is not told of.
            return _checked(root, relative)
        if error.errno != errno.EXDEV:
            raise
    # An absolute link, which may still end beneath the root.
    target = os.path.realpath(os.path.join(root, relative))
    inside = _inside(root, target)
    if inside is None:
        raise OSError(errno.EXDEV, "it leads out of the source")
    return _openat2(folder, inside, _BENEATH | _NO_LINKS)


def _openat2(folder: int, path: bytes, resolve: int) -> int:
    how = _How(_FLAGS, 0, resolve)
    found = _libc.syscall(_OPENAT2, folder, path, ctypes.byref(how), ctypes.sizeof(how))
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(found)


def _checked(root: bytes, relative: bytes) -> int:
    """Open first, then look where it was: without openat2 the way can change in between."""
    descriptor = os.open(os.path.join(root, relative), _FLAGS)
    if _inside(root, os.readlink(f"/proc/self/fd/{descriptor}".encode())) is None:
        os.close(descriptor)
        raise OSError(errno.EXDEV, "it leads out of the source")
    return descriptor


def _inside(root: bytes, target: bytes) -> bytes | None:
    true_root = os.path.realpath(root).rstrip(b"/") + b"/"
    return target[len(true_root) :] if target.startswith(true_root) else None
