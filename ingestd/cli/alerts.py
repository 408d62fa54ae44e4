"""`alerts`: what fires, what was told of it, and whether receivers can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingestd.cli import output
from ingestd.cli.options import ConfigPath, Json, chosen

app = typer.Typer(
    help="What fires now, whom it was told, and how the telling went.",
    epilog="""\b
Examples:
  ingestd alerts ls                       what fires, and how the receivers are doing
  ingestd alerts show 3f2a                one alert, its questions and its deliveries
  ingestd alerts test ops                 a test firing and its resolve, to one receiver
  ingestd alerts silence 3f2a --for 2h    tell nothing of it for two hours
  ingestd alerts replay --receiver ops    deliver what was given up""",
    no_args_is_help=True,
)
if TYPE_CHECKING:
    from ingestd.model.alert import Outcome

_COLOURS = {"firing": "red", "pending": "yellow", "resolved": "green"}


@app.command(epilog="\b\nExample:\n  ingestd alerts ls --all --json")
def ls(
    *,
    ended: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """List alerts, receivers, silences and deliveries that were given up."""
    from ingestd.app.alerts import telling

    with telling.opened(chosen(config)) as (system, outbox):
        found = telling.listed(system, outbox, ended=ended)
    if json:
        output.document(found)
        return 0
    for one in found["alerts"]:
        _alert_line(one)
    if not found["alerts"]:
        output.line("Nothing fires.")
    for one in found["receivers"]:
        output.line(_receiver_line(one))
    for one in found["silences"]:
        matches = ", ".join(f"{key}={value}" for key, value in one["matches"].items())
        output.line(
            f"silence {one['id']}: {matches} until {one['ends_at']:%Y-%m-%d %H:%M} UTC "
            f"{one['comment']}".rstrip()
        )
    for one in found["dead"]:
        output.line(f"given up: {one['id']} to {one['receiver']}: {one['said']}")
    if found["dead"]:
        output.line("Try again: ingestd alerts replay")
    return 0


@app.command(epilog="\b\nExample:\n  ingestd alerts show 3f2a")
def show(
    fingerprint: Annotated[str, typer.Argument(help="The first letters are enough.")],
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Show one alert, its questions, and what was told of it to whom."""
    from ingestd.app.alerts import telling

    with telling.opened(chosen(config)) as (_, outbox):
        found = telling.shown(outbox, fingerprint)
    if json:
        output.document(found)
        return 0
    _alert_line(found)
    output.line(f"  since {found['starts_at']:%Y-%m-%d %H:%M:%S} UTC: {found['reason']}")
    for line in found["questions"]:
        output.line(f"  {line['id']}: {line['diagnosis']}: {line['reason']}")
    more = found["questions_total"] - len(found["questions"])
    if more > 0:
        output.line(f"  and {more} more")
    for one in found["deliveries"]:
        output.line(
            f"  {one['at']:%Y-%m-%d %H:%M:%S} {one['event']} to {one['receiver']}: {one['state']}, "
            f"{one['attempts']} attempts; {one['said'] or one['why']}"
        )
    return 0


@app.command(epilog="\b\nExamples:\n  ingestd alerts replay\n  ingestd alerts replay msg_0f3c...")
def replay(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of notices; none: all.")] = None,
    receiver: Annotated[list[str] | None, typer.Option(help="Only to these.")] = None,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Make deliveries that were given up due again, and a disabled receiver one that is not."""
    from ingestd.app.alerts import telling

    with telling.opened(chosen(config)) as (system, outbox):
        count = outbox.replay(ids or [], receiver or [], system.now())
    if json:
        output.document({"replayed": count})
    else:
        output.line(f"{count} deliveries are due again; ingestd run makes them")
    return 0


@app.command(
    epilog="\b\nExamples:\n  ingestd alerts silence 3f2a --for 2h\n"
    "  ingestd alerts silence rule=lag source=handbook --for 1d --comment 'moving house'\n"
    "  ingestd alerts silence --end 3"
)
def silence(
    matches: Annotated[
        list[str] | None,
        typer.Argument(help="A fingerprint, rule=NAME or LABEL=VALUE; all must fit."),
    ] = None,
    *,
    length: Annotated[str, typer.Option("--for", help="How long.")] = "2h",
    comment: Annotated[str, typer.Option(help="Why.")] = "",
    end: Annotated[int | None, typer.Option(help="End the silence of this number.")] = None,
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Tell nothing of some alerts for a while; who was told of a fire still hears of its end."""
    from ingestd.app.alerts import telling
    from ingestd.errors import UsageError

    if (end is None) == (not matches):
        raise UsageError("name what to silence, or --end the number of a silence")
    with telling.opened(chosen(config)) as (system, outbox):
        if end is not None:
            if not outbox.end_silence(end):
                raise UsageError(f"{end}: no such silence; see: ingestd alerts ls")
            said: dict[str, Any] = {"ended": end}
        else:
            made = telling.silence(system, outbox, matches or [], length, comment)
            said = {"id": made.id, "matches": dict(made.matches), "ends_at": made.ends_at}
    if json:
        output.document(said)
    elif end is not None:
        output.line(f"Silence {end} has ended.")
    else:
        output.line(f"Silence {said['id']}, until {said['ends_at']:%Y-%m-%d %H:%M} UTC")
    return 0


@app.command("test", epilog="\b\nExample:\n  ingestd alerts test ops")
def attempt(
    receiver: Annotated[str, typer.Argument(help="Its name in the config.")],
    config: ConfigPath = None,
    json: Json = False,
) -> int:
    """Send a test firing and its resolve to a receiver, and print what it said."""
    from ingestd.app.alerts import telling
    from ingestd.app.opening import reading

    with reading(chosen(config)) as system:
        said = telling.tried(system, receiver)
    accepted = all(outcome.accepted for _, outcome in said)
    if json:
        output.document(
            {
                "receiver": receiver,
                "accepted": accepted,
                "attempts": [
                    {
                        "event": event,
                        "accepted": one.accepted,
                        "status": one.status,
                        "said": _said(one),
                    }
                    for event, one in said
                ],
            }
        )
    else:
        for event, one in said:
            output.line(f"{event}: {'taken' if one.accepted else 'not taken'}: {_said(one)}")
    return 0 if accepted else 1


def _said(outcome: Outcome) -> str:
    return f"{outcome.told}: {outcome.said}" if outcome.said else outcome.told


def _alert_line(one: dict[str, Any]) -> None:
    marks = [word for word in ("silenced", "unknown") if one[word]]
    more = f" ({', '.join(marks)})" if marks else ""
    styled = output.coloured(f"{one['state']:8}", _COLOURS[one["state"]])
    output.line_with(
        styled, f" {one['fingerprint']} {one['severity']} {one['rule']}: {one['summary']}{more}"
    )


def _receiver_line(one: dict[str, Any]) -> str:
    said = f"to {one['name']} ({one['kind'] or 'unknown'}, {one['address']}): "
    said += f"{one['delivered']} delivered, {one['waiting']} waiting, {one['dead']} given up"
    if one["disabled"]:
        return f"{said}; disabled: {one['disabled']}"
    return f"{said}; {one['failures']} failures in a row" if one["failures"] else said
