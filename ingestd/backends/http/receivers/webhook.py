"""Signed JSON, as Standard Webhooks has it (standardwebhooks.com, specification 1.0)."""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from ingestd.alerting import payload
from ingestd.backends.http.receivers.posting import Compose, Letter, Message

_SECRETS = 2
"""At once, while one takes over from the other."""


def signed(secrets: Sequence[str]) -> Compose:
    """Sign with every secret, so that a receiver that knows any of them can check it.

    Raises ValueError for a secret that is none.
    """
    if not 1 <= len(secrets) <= _SECRETS:
        raise ValueError(
            f"one secret is wanted, or two while they are rotated; found {len(secrets)}"
        )
    try:
        signers = [Webhook(secret) for secret in secrets]
    except (binascii.Error, EmptyWebhookSecretError, ValueError) as error:
        raise ValueError(
            "a secret is base64, mostly after whsec_; make one: openssl rand -base64 32"
        ) from error

    def compose(letter: Letter) -> Message:
        body = payload.encoded(letter.found)
        # The id stays over all attempts, the instant and with it the signature does not. In UTC:
        # the library takes every time zone for that.
        at = datetime.now(UTC)
        name = letter.notice.id
        signatures = (signer.sign(name, at, body.decode()) for signer in signers)
        return Message(
            body,
            {
                "webhook-id": name,
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": " ".join(signatures),
            },
        )

    return compose
