"""What is wrong with alerts in a config is said at the start: file, key, fault and remedy."""

from __future__ import annotations

import pytest

from . import command
from .test_alerting import Office, office

__all__ = ["office"]  # A fixture.

RECEIVER = '[[alerts.receivers]]\nname = "x"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RECEIVER + 'kind = "webhok"\nurl = "http://x"', "alerts.receivers[0].kind: 'webhok'"),
        (RECEIVER + 'kind = "webhook"', "alerts.receivers[0].url: missing; give it, or url_file"),
        (
            RECEIVER + 'kind = "slack"\nurl = "ftp://x/y"',
            "alerts.receivers[0].url: ftp://x/y: an http:// or https:// address is wanted",
        ),
        (RECEIVER + 'kind = "slack"\nurl_file = "no"', "alerts.receivers[0].url_file: "),
        (
            RECEIVER + 'kind = "webhook"\nurl = "http://x"',
            "alerts.receivers[0].secret_file: missing; a webhook is signed",
        ),
        (
            RECEIVER + 'kind = "webhook"\nurl = "http://x"\nsecret_file = "no"',
            "alerts.receivers[0].secret_file: ",
        ),
        (
            RECEIVER + 'kind = "webhook"\nurl = "http://x"\nsecret_file = "empty"',
            "alerts.receivers[0].secret_file: empty: empty",
        ),
        (
            RECEIVER + 'kind = "webhook"\nurl = "http://x"\nsecret_file = "bad"',
            "alerts.receivers[0].secret_file: a secret is base64",
        ),
        (
            RECEIVER + 'kind = "apprise"\nurl = "nothing://x"',
            "alerts.receivers[0].url: apprise does not know such an address",
        ),
        (
            RECEIVER + 'kind = "slack"\nurl = "http://x"\ntitle = "{{ summery }}"',
            "alerts.receivers[0].title: 'summery' is undefined",
        ),
        ("[alerts]\nbody = '{% for %}'", "alerts.body: line 1: "),
        ("[alerts]\nrepeat_interval = 'often'", "alerts.repeat_interval: "),
        ("[alerts]\nallow_addresses = ['here']", "alerts.allow_addresses: 'here'"),
        (
            "[[alerts.rules]]\nname = 'a'\nkind = 'drift'\ncodes = ['ANSWER_DRIF']",
            "alerts.rules[0].codes: 'ANSWER_DRIF' is no diagnosis; did you mean 'ANSWER_DRIFT'?",
        ),
        (
            "[[alerts.rules]]\nname = 'a'\nkind = 'drift'\nreceivers = ['ops']",
            "alerts.rules[0].receivers: 'ops' is no receiver",
        ),
        ("[[alerts.rules]]\nname = 'a'\nkind = 'disk'\nfro = '1m'", "did you mean 'for'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_the_start(office: Office, text: str, said: str) -> None:
    """Exit code 2; the file, the key and the fault, and nothing is started."""
    (office.folder / "bad").write_text("é" * 3)
    (office.folder / "empty").write_text("\n")
    command.config(office.folder, office.models, office.folder / "docs", text)
    done = command.run("run", cwd=office.folder)
    assert done.returncode == 2
    assert "ingestd.toml: " in done.stderr
    assert said in done.stderr
    assert not (office.folder / ".ingestd/index").exists()
