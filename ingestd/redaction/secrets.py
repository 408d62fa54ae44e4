"""Secrets: keys, tokens and passwords, told by their form or by the name they are given.

Forms are those that the services publish for their own scanners. detect-secrets' plugins were
looked at first: they know fewer services, end some of their matches early, and ask for quotes.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from ingestd.model.finding import Finding
from ingestd.redaction.patterns import PatternRecognizer, lower

ENTITY_TYPE = "SECRET"

_TOKENS = (
    r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_\w{60,244}"  # GitHub
    r"|gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-[\w-]{20,300}"  # GitLab
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{10,250}"  # Slack
    r"|(?:sk|rk|pk|whsec)_(?:live|test)_[A-Za-z0-9]{24,247}|whsec_[A-Za-z0-9+/=]{24,90}"  # Stripe
    r"|sk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{20,250}"  # OpenAI, Anthropic
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,300}|GOCSPX-[\w-]{28}"  # Google
    r"|SG\.[\w-]{16,32}\.[\w-]{16,64}|key-[0-9a-f]{32}"  # mail services
    r"|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,300}|dop_v1_[0-9a-f]{64}|hf_[A-Za-z0-9]{30,50}"
    r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|dapi[0-9a-f]{32}|sq0(?:csp|atp)-[\w-]{22,43}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"  # JSON Web Tokens (RFC 7519)
    r"|AGE-SECRET-KEY-1[0-9A-Z]{58}|vault:v\d:[\w+/=-]{20,}|hv[sb]\.[\w-]{24,300}"
)
TOKEN = PatternRecognizer(
    ENTITY_TYPE,
    re.compile(rf"(?<![\w-])(?:{_TOKENS})(?![\w-])"),
)
NUMBERED_TOKEN = PatternRecognizer(
    ENTITY_TYPE,
    # Twilio, Telegram, Discord.
    re.compile(
        r"[0-9A-Z](?<![\w-].)(?:(?<=[AS])[CK][0-9a-f]{32}"
        r"|(?<=\d)\d{7,9}:AA[\w-]{33}|(?<=[MNO])[A-Za-z\d_-]{23,25}\.[\w-]{6}\.[\w-]{27,38})(?![\w-])"
    ),
)
HEX_TOKEN = PatternRecognizer(
    ENTITY_TYPE, re.compile(r"(?<![\w-])[0-9a-f]{32}-us\d{1,2}(?![\w-])"), needs=("-us",)
)
_RULE = r"[-\u2013\u2014]{2,5}"
"""Five hyphens, or the longer dashes that a converter makes of them."""
_END_OF_KEY = rf"{_RULE} ?END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?{_RULE}"
LEFT_OF_KEY = PatternRecognizer(
    ENTITY_TYPE,
    # Its first line may be lost to a parser, as a cell too many of a table: the rest is as secret.
    re.compile(r"(?<![^\s|])(?:[A-Za-z0-9+/=]{20,200}[\s|]{1,8}){1,400}" + _END_OF_KEY),
    needs=("private key",),
)
WEBHOOK = PatternRecognizer(
    ENTITY_TYPE,
    re.compile(
        r"https://(?:hooks\.slack\.com/(?:services|workflows)|discord(?:app)?\.com/api/webhooks"
        r"|[\w-]+\.webhook\.office\.com/webhookb2)/[\w/@-]{16,300}"
    ),
    needs=("https://",),
)
PRIVATE_KEY = PatternRecognizer(
    ENTITY_TYPE,
    re.compile(
        rf"{_RULE} ?BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?{_RULE}"
        r"(?:[^-]{0,20000}(?:-(?!----?END)[^-]{0,2000}){0,40}"
        rf"{_END_OF_KEY}"
        r"|[A-Za-z0-9+/=\s|]{0,20000})"
    ),
    needs=("private key",),
)
CONNECTION = PatternRecognizer(
    ENTITY_TYPE,
    re.compile(r"(?<=://)(?P<value>[^\s:/@|]{0,100}:[^\s/@|]{1,200})@(?=[\w\[])"),
    needs=("://",),
)
_NAMES = ("pass", "pwd", "secret", "token", "key", "credential", "bearer")
_NAMED = re.compile(
    r"(?:pass(?:word|wd|phrase|code)|(?<![^\W_])pass|pwd|secret|token|(?P<key>key)|credentials?|bearer)"
    r"[\w.-]{0,30}[\"'`*]{0,3}\s{0,3}(?::=|=>|[:=|]|\bis\b|(?<=bearer))"
    r"\s{0,3}[\"'`*]{0,3}(?P<value>[^\s\"'`<>|]{5,300}[^\s\"'`<>|.,;:!?)\]}*])",
    re.IGNORECASE,
)
_KEY_OF = re.compile(
    r"(?:api|access|account|auth|private|encryption|signing|secret|storage|master)[ _-]?\Z",
    re.IGNORECASE,
)
_LEAST_ENTROPY = 2.8
"""Bits a character; words have less, and have no digits."""


class NamedSecretRecognizer:
    """Values that are given the name of a secret: `password: ...`, `API_KEY=...`."""

    entity_type = ENTITY_TYPE

    def find(self, text: str) -> Iterator[Finding]:
        """Yield values that look made by a machine or chosen as a password."""
        lowered = lower(text)
        if len(lowered) != len(text):
            lowered = text
        for name in _NAMES:
            at = lowered.find(name)
            while at >= 0:
                match = _NAMED.match(text, at)
                if (
                    match is not None
                    and (not match["key"] or _KEY_OF.search(text, max(0, at - 12), at))
                    and _is_random(match["value"])
                ):
                    yield Finding(match.start("value"), match.end("value"), ENTITY_TYPE)
                at = lowered.find(name, at + 1)


def _is_random(value: str) -> bool:
    """Say whether a value looks made by a machine or chosen as a password, not written as prose."""
    if "://" in value:
        return False
    kinds = (
        any(c.isdigit() for c in value)
        + any(c.islower() for c in value)
        + any(c.isupper() for c in value)
        + any(not c.isalnum() for c in value)
    )
    return (kinds >= 2 and any(not c.isalpha() for c in value)) and entropy(value) >= _LEAST_ENTROPY


def entropy(value: str) -> float:
    """Return a value's Shannon entropy over its own characters, in bits a character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)


SECRETS = (TOKEN, NUMBERED_TOKEN, HEX_TOKEN, WEBHOOK, PRIVATE_KEY, LEFT_OF_KEY, CONNECTION)
