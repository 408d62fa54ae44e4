"""The receivers of a config, their addresses and secrets read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from urllib.parse import urlsplit

from ingestd.alerting.addresses import Network, networks
from ingestd.app.alerts.rules import rules
from ingestd.app.build import System
from ingestd.app.checking.lags import span
from ingestd.app.credentials import credential
from ingestd.backends import apprise
from ingestd.backends.http import client
from ingestd.backends.http.receivers import alertmanager, chat, pagerduty, webhook
from ingestd.backends.http.receivers.posting import Compose, HttpReceiver, Target
from ingestd.backends.jinja import Template, Templates, compiled
from ingestd.config.schema import ReceiverSection
from ingestd.errors import ConfigError
from ingestd.ports.receiver import Receiver

_CHATS: Mapping[str, Compose] = {
    "slack": chat.slack,
    "teams": chat.teams,
    "discord": chat.discord,
}


def receivers(system: System) -> list[Receiver]:
    """Return the receivers; raises ConfigError for the first thing that is wrong with them."""
    section = system.config.file.alerts
    span(system, "alerts.repeat_interval", section.repeat_interval)
    rules(system)
    try:
        allow = networks(section.allow_addresses)
    except ValueError as error:
        raise system.config.fault("alerts.allow_addresses", str(error)) from error
    title = _template(system, "alerts.title", section.title)
    body = _template(system, "alerts.body", section.body)
    made: list[Receiver] = []
    for number, one in enumerate(section.receivers):
        key = f"alerts.receivers[{number}]"
        if any(one.name == other.name for other in made):
            raise system.config.fault(f"{key}.name", f"{one.name!r} is taken by another")
        render = Templates(
            _template(system, f"{key}.title", one.title) if one.title else title,
            _template(system, f"{key}.body", one.body) if one.body else body,
        )
        made.append(_receiver(system, key, one, render, allow))
    return made


def shown(system: System, number: int) -> str:
    """Return where a receiver is, as far as it is no secret: its scheme and host."""
    one = system.config.file.alerts.receivers[number]
    try:
        parts = urlsplit(_address(system, f"alerts.receivers[{number}]", one))
        port = f":{parts.port}" if parts.port else ""
    except (ConfigError, ValueError):
        return "an address that cannot be read"
    if one.kind == "apprise":
        return f"{parts.scheme}://..."
    return f"{parts.scheme}://{parts.hostname or ''}{port}/..."


def _receiver(
    system: System, key: str, one: ReceiverSection, render: Templates, allow: tuple[Network, ...]
) -> Receiver:
    url = _address(system, key, one)
    mask = system.redactor.redact_text
    if one.kind == "apprise":
        fault = apprise.fault(url)
        if fault:
            raise system.config.fault(
                f"{key}.url", f"{fault}; see: https://appriseit.com/services/"
            )
        written = tuple(str(network) for network in allow)
        return apprise.AppriseReceiver(
            apprise.Target(one.name, url, one.timeout_seconds, written), render, mask
        )
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise system.config.fault(
            f"{key}.url", f"{client.shown(url)}: an http:// or https:// address is wanted"
        )
    compose, url = _composer(system, key, one, url)
    return HttpReceiver(
        Target(one.name, one.kind, url, one.timeout_seconds, allow), compose, render, mask
    )


def _composer(system: System, key: str, one: ReceiverSection, url: str) -> tuple[Compose, str]:
    match one.kind:
        case "webhook":
            secrets = _secrets(system, key, one, "a webhook is signed: name the file of its secret")
            try:
                return webhook.signed(secrets), url
            except ValueError as error:
                raise system.config.fault(f"{key}.secret_file", str(error)) from error
        case "alertmanager":
            repeat = span(
                system, "alerts.repeat_interval", system.config.file.alerts.repeat_interval
            )
            path = urlsplit(url).path.rstrip("/")
            if path in ("", "/alertmanager"):
                return partial(alertmanager.posted, repeat=repeat), url.rstrip(
                    "/"
                ) + alertmanager.API
            if path.endswith(alertmanager.API):
                return partial(alertmanager.posted, repeat=repeat), url
            return partial(alertmanager.relayed, receiver=one.name), url
        case "pagerduty":
            (routing_key, *_) = _secrets(
                system, key, one, "name the file of the integration's routing key"
            )
            return partial(pagerduty.event, routing_key=routing_key), url
        case "ntfy":
            token = _secrets(system, key, one, "")[0] if one.secret_file else ""
            return partial(chat.ntfy, token=token), url
        case _:
            return _CHATS[one.kind], url


def _address(system: System, key: str, one: ReceiverSection) -> str:
    if one.url and one.url_file:
        raise system.config.fault(f"{key}.url_file", "url and url_file are both there; keep one")
    if one.url_file:
        held = credential(system.config, one.url_file, f"{key}.url_file")
        found = held.decode("utf-8", "replace").strip()
        if not found:
            raise system.config.fault(f"{key}.url_file", f"{one.url_file}: empty")
        return found
    if one.url:
        return one.url
    if one.kind == "pagerduty":
        return pagerduty.URL
    raise system.config.fault(f"{key}.url", "missing; give it, or url_file where it is a secret")


def _secrets(system: System, key: str, one: ReceiverSection, why: str) -> list[str]:
    if not one.secret_file:
        raise system.config.fault(f"{key}.secret_file", f"missing; {why}")
    held = credential(system.config, one.secret_file, f"{key}.secret_file")
    found = [line.strip() for line in held.decode("utf-8", "replace").splitlines() if line.strip()]
    if not found:
        raise system.config.fault(f"{key}.secret_file", f"{one.secret_file}: empty")
    return found


def _template(system: System, key: str, written: str) -> Template:
    try:
        return compiled(written)
    except ValueError as error:
        raise system.config.fault(key, str(error)) from error
