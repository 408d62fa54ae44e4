"""Installing the service: units for one config, its credentials, its user, its folders."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestd.app.credentials import credential_id
from ingestd.app.shared_files import shared_file
from ingestd.config.loading import Config
from ingestd.errors import Unavailable, UsageError

_PROGRAM, _CONFIG = "/opt/ingestd/bin/ingestd", "/etc/ingestd/ingestd.toml"
"""What the units that come along name."""
_STATE = Path("/var/lib/ingestd")
_UNITS = (
    "ingestd.service", "ingestd-reindex.service", "ingestd-reindex.timer",
    "ingestd-check.service", "ingestd-check.timer",
)  # fmt: skip
_DROP_IN = "10-config.conf"
_OTHERWISE_MB = 4000


@dataclass(frozen=True, slots=True)
class Piece:
    """A file to put in place."""

    path: Path
    text: str


def pieces(config: Config, *, user: bool) -> list[Piece]:
    """Return the files of the service for a config, system-wide or for this user alone."""
    if config.origin is None:
        raise UsageError("install-service: name a config: --config FILE (ingestd init writes one)")
    if user:
        home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        units = Path(home) / "systemd/user"
        text = shared_file("systemd", "user/ingestd.service").read_text(encoding="utf-8")
        text = text.replace("%E/ingestd/ingestd.toml", _quoted(config.origin.absolute()))
        return [Piece(units / "ingestd.service", _adapted(text, config))]
    units = Path("/etc/systemd/system")
    made = [
        Piece(units / name, _adapted(shared_file("systemd", name).read_text("utf-8"), config))
        for name in _UNITS
    ]
    made += [
        Piece(units / f"{name}.d" / _DROP_IN, _drop_in(config))
        for name in _UNITS
        if name.endswith(".service")
    ]
    for kind in ("sysusers.d", "tmpfiles.d"):
        text = shared_file("systemd", f"{kind}/ingestd.conf").read_text(encoding="utf-8")
        made.append(Piece(Path("/etc") / kind / "ingestd.conf", text))
    return made


def install(config: Config, *, user: bool, now: bool) -> Iterator[str]:
    """Put the files in place and let systemd read them; `now`: enable and start. Yields lines."""
    for trouble in _troubles(config, user=user):
        raise UsageError(f"install-service: {trouble}")
    found = pieces(config, user=user)
    for piece in found:
        try:
            piece.path.parent.mkdir(parents=True, exist_ok=True)
            piece.path.write_text(piece.text, encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"install-service: {piece.path}: {error.strerror}; run it as root, or with --user "
                "for this user alone"
            ) from error
        yield f"Wrote {piece.path}"
    systemctl = ["systemctl", "--user"] if user else ["systemctl"]
    if not user:
        _run(["systemd-sysusers", "/etc/sysusers.d/ingestd.conf"])
        _run(["systemd-tmpfiles", "--create", "/etc/tmpfiles.d/ingestd.conf"])
        yield from _handed_over(config)
    _run([*systemctl, "daemon-reload"])
    if now:
        _run([*systemctl, "enable", "--now", "ingestd.service"])
        yield "ingestd.service is enabled and started; see: journalctl -u ingestd"
    else:
        yield f"Start it with: {' '.join(systemctl)} enable --now ingestd"


def _adapted(text: str, config: Config) -> str:
    program = Path(sys.executable).parent / "ingestd"
    origin = config.origin.absolute() if config.origin is not None else ""
    return text.replace(_PROGRAM, _quoted(program)).replace(_CONFIG, _quoted(origin))


def _quoted(path: Path | str) -> str:
    """Write a path as systemd reads it in a command line."""
    text = str(path).replace("%", "%%")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if any(c in text for c in " \t\"'\\") else text


def _drop_in(config: Config) -> str:
    lines = ["# Written by ingestd install-service from the config; run it again after a change."]
    lines.append("[Service]")
    parsing = config.file.parsing
    lines.append("# All parsers at their limits, and the rest: LanceDB compacts without a bound.")
    lines.append(f"MemoryMax={parsing.workers * parsing.memory_mb + _OTHERWISE_MB}M")
    if config.state_dir != _STATE:
        lines.append(f"ReadWritePaths={_quoted(config.state_dir.absolute())}")
    lines += [
        f"LoadCredential={_quoted(f'{credential_id(path)}:{path}')}" for path in _secrets(config)
    ]
    return "\n".join(lines) + "\n"


def _secrets(config: Config) -> list[Path]:
    """Return the files that the config names as secrets and that are there."""
    file = config.file
    names = [file.redaction.key_file, file.freshness.openai.key_file, file.freshness.http.key_file]
    for receiver in file.alerts.receivers:
        names += [receiver.url_file, receiver.secret_file]
    paths = [config.base / Path(name).expanduser() for name in names if name]
    return sorted({Path(os.path.abspath(path)) for path in paths if path.is_file()})


def _troubles(config: Config, *, user: bool) -> Iterator[str]:
    if shutil.which("systemctl") is None:
        yield "there is no systemctl on this machine"
    if user:
        return
    program = Path(sys.executable).parent / "ingestd"
    if not program.exists():
        yield f"{program}: not there; install ingestd into this Python's environment first"
    hidden = [Path("/root"), Path("/home"), Path("/tmp")]  # noqa: S108
    for path in (program, Path(sys.executable).resolve()):
        for folder in path.parents:
            if folder.exists() and not folder.stat().st_mode & stat.S_IXOTH:
                yield (
                    f"{path}: its service's user cannot read {folder}; make the environment "
                    "elsewhere: python3 -m venv /opt/ingestd"
                )
                break
    for source in config.sources:
        if source.root.is_relative_to(hidden[2]):
            yield f"source {source.name}: {source.root}: services have a /tmp of their own"


def _handed_over(config: Config) -> Iterator[str]:
    """Let the service's user read the config, and own the state folder."""
    import grp
    import pwd

    entry = pwd.getpwnam("ingestd")
    group = grp.getgrnam("ingestd").gr_gid
    if config.origin is not None:
        os.chown(config.origin, -1, group)
        mode = config.origin.stat().st_mode
        config.origin.chmod(stat.S_IMODE(mode) | stat.S_IRGRP)
    if config.state_dir != _STATE:
        config.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder, _, names in os.walk(config.state_dir):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            os.chown(path, entry.pw_uid, group, follow_symlinks=False)
    for source in config.sources:
        done = subprocess.run(
            ["/usr/bin/setpriv", f"--reuid={entry.pw_uid}", f"--regid={group}", "--clear-groups",
             "test", "-r", str(source.root), "-a", "-x", str(source.root)],
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            yield (
                f"! source {source.name}: the user ingestd cannot read {source.root}; let it: "
                f"setfacl -R -m u:ingestd:rX {source.root}"
            )


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise Unavailable(f"install-service: {' '.join(command)}: {said}")
