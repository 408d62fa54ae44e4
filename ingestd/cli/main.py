"""`ingestd`: the commands put together, and errors turned into messages and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from ingestd.cli import (
    alerts,
    checking,
    fuzz,
    golden,
    passes,
    quarantine,
    reading,
    setup,
    verifying,
)
from ingestd.errors import IngestdError

INTERRUPTED = 130
_ANYWHERE = ("--config", "-c")

app = typer.Typer(
    name="ingestd",
    help="Keeps a searchable index of an organisation's documents true.",
    epilog="""\b
Examples:
  ingestd sync ~/Documents               index a folder once, state in ./.ingestd
  ingestd search "How long is notice?"   ask the index
  ingestd run ~/Documents                watch the folder until Ctrl-C
  ingestd init                           write a config with every key and its default

Exit codes: 0 ok, 1 bug, 2 usage or config, 3 some documents failed, 4 drift or a leak,
5 another ingestd holds the state folder, 130 interrupted.""",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
passes.register(app)
reading.register(app)
checking.register(app)
fuzz.register(app)
verifying.register(app)
setup.register(app)
app.add_typer(alerts.app, name="alerts")
app.add_typer(golden.app, name="golden")
app.add_typer(quarantine.app, name="quarantine")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = app(args=arranged(given), standalone_mode=False)
    except typer.Exit as stop:
        code = stop.exit_code
    except IngestdError as error:
        print(f"ingestd: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except typer.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has stopped reading: no fault of anyone's.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if hasattr(error, "format_message"):  # Click's own usage errors.
            context = getattr(error, "ctx", None)
            hint = f" Try: {context.command_path} --help" if context else ""
            print(f"ingestd: {error.format_message()}{hint}", file=sys.stderr)  # noqa: T201
            return 2
        if os.environ.get("INGESTD_TRACEBACK"):
            raise
        print(  # noqa: T201
            f"ingestd: a bug: {type(error).__name__} in {_place(error)}. Nothing is half written: "
            "every commit is whole. Please report it with the output of INGESTD_TRACEBACK=1",
            file=sys.stderr,
        )
        return 1
    return code if isinstance(code, int) else 0


def arranged(given: Sequence[str]) -> list[str]:
    """Let --json and --config stand anywhere: move them behind the command they belong to."""
    plain, moved = list(given), []
    end = plain.index("--") if "--" in plain else len(plain)
    words, rest = plain[:end], plain[end:]
    kept: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        if word == "--json":
            if "--json" not in moved:
                moved.append(word)
        elif word in _ANYWHERE and index + 1 < len(words):
            moved += [word, words[index + 1]]
            index += 1
        else:
            kept.append(word)
        index += 1
    return [*kept, *moved, *rest]


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    name = trace.tb_frame.f_code.co_filename.rsplit("/", 1)[-1]
    return f"{name}:{trace.tb_lineno}"
