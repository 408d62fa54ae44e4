"""`init`, `doctor`, `install-service` and `demo`: before the work begins."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingestd.cli import output
from ingestd.cli.options import ConfigPath, Json, chosen
from ingestd.errors import UsageError

SERVICE_EXAMPLES = """\b
Examples:
  ingestd install-service --config /etc/ingestd/ingestd.toml --now
  ingestd install-service --user --config ~/ingestd.toml
  ingestd install-service --dry-run              what would be written"""


def init(
    target: Annotated[Path, typer.Argument(help="Where to write it.", metavar="[FILE]")] = Path(
        "ingestd.toml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> int:
    """Write a config with every key, its default and what it means."""
    from ingestd.app.shared_files import shared_file

    if target.exists() and not force:
        raise UsageError(f"{target}: exists already; write over it with --force")
    text = shared_file("config", "ingestd.toml").read_text(encoding="utf-8")
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}") from error
    output.line(f"Wrote {target}. Set the paths of [[sources]], then: ingestd doctor; ingestd sync")
    return 0


def doctor(
    config: ConfigPath = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Check without starting parser and model.")
    ] = False,
    json: Json = False,
) -> int:
    """Check config, sources, state, model and formats on this machine; say what to install."""
    from ingestd.app.doctor import examine
    from ingestd.app.opening import reading

    with reading(chosen(config)) as system:
        checks = examine(system, quick=offline)
    good = all(check["ok"] for check in checks if check["needed"])
    if json:
        output.document({"ok": good, "checks": checks})
        return 0 if good else 2
    for check in checks:
        sign = "ok" if check["ok"] else "!!" if check["needed"] else "--"
        output.line(f"{sign}  {check['name']}: {check['found']}")
        if not check["ok"] and check["remedy"]:
            output.line(f"      {check['remedy']}")
    return 0 if good else 2


def install_service(
    config: ConfigPath = None,
    user: Annotated[
        bool, typer.Option("--user", help="For this user alone, without root.")
    ] = False,
    now: Annotated[bool, typer.Option("--now", help="Enable and start it as well.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be written, write nothing.")
    ] = False,
) -> int:
    """Put the systemd units in place for a config, with its credentials, user and folders."""
    from ingestd.app import installing
    from ingestd.app.opening import check

    settings = chosen(config)
    check(settings)
    if dry_run:
        for piece in installing.pieces(settings, user=user):
            for text in (f"# {piece.path}", *piece.text.splitlines(), ""):
                output.line(text)
        return 0
    for line in installing.install(settings, user=user, now=now):
        output.line(line)
    return 0


def demo(
    folder: Annotated[
        Path, typer.Argument(help="A new folder to play in.", metavar="[FOLDER]")
    ] = Path("ingestd-demo"),
) -> int:
    """Write a small company's documents and show the main job on them."""
    from ingestd.app.demo import play

    return play(folder, output.line)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="\b\nExample:\n  ingestd init && ingestd doctor")(init)
    app.command(epilog="\b\nExample:\n  ingestd doctor --json")(doctor)
    app.command("install-service", epilog=SERVICE_EXAMPLES)(install_service)
    app.command(epilog="\b\nExample:\n  ingestd demo /tmp/company")(demo)
