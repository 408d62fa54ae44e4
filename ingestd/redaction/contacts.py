"""Ways to reach somebody: e-mail addresses, URLs, domains, network addresses, street addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import cache

from ingestd.model.finding import Finding
from ingestd.redaction.patterns import PatternRecognizer, words

_LOCAL = r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
_HOST = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+"

_EMAIL = PatternRecognizer(
    "EMAIL_ADDRESS",
    re.compile(
        rf"(?<![\w.+-])(?:{_LOCAL}|\"[^\"\s@]{{1,64}}\")(?:@| @ )"
        rf"(?:{_HOST}(?:[^\W\d_]{{2,24}}|xn--[\w-]{{1,59}})(?![\w-])"
        r"|\[\d{1,3}(?:\.\d{1,3}){3}\])"
    ),
)
_LONGEST_LOCAL, _LONGEST_HOST = 80, 256


class EmailRecognizer:
    """E-mail addresses (RFC 5322's usual form), looked for around each @."""

    entity_type = "EMAIL_ADDRESS"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield every address."""
        at = text.find("@")
        done = 0
        while at >= 0:
            high = min(len(text), at + _LONGEST_HOST)
            for finding in _EMAIL.find_in(text, max(done, at - _LONGEST_LOCAL), high):
                yield finding
                done = finding.end
            at = text.find("@", max(at + 1, done))


MAC = PatternRecognizer(
    "MAC_ADDRESS",
    re.compile(
        # What must not stand before is asked for second: the engine skips to the first faster.
        r"[0-9A-Fa-f]{2}(?<![\w:.-]..)(?:([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
        r"|[0-9A-Fa-f]{2}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![\w:-])"
    ),
    lambda found: len(set(found)) > 2,
)
_SHORT = 11
"""Characters of a number of four parts that may be a version's or a section's."""
_VERSION = re.compile(r"(?:\bv|version|release|section|chapter|§)\s*\Z", re.IGNORECASE)
_V4 = re.compile(r"\d(?<![\w.]\d)\d{0,2}(?:\.\d{1,3}){3}(?!\.?\d)(?!\w)")
_COLONS = re.compile(r":[0-9A-Fa-f]{0,4}:")
_V6 = re.compile(
    r"(?<![\w:])(?:[0-9A-F]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-F]{0,4})(?![\w:])",
    re.IGNORECASE,
)


class IpRecognizer:
    """IPv4 and IPv6 addresses; not the numbers of versions and sections."""

    entity_type = "IP_ADDRESS"

    def find(self, text: str) -> Iterator[Finding]:
        """Yield every address."""
        for match in _V4.finditer(text):
            numbered = len(match.group()) < _SHORT and _VERSION.search(
                text, max(0, match.start() - 12), match.start()
            )
            if _is_address(match.group()) and not numbered:
                yield Finding(match.start(), match.end(), self.entity_type)
        if _COLONS.search(text):
            for match in _V6.finditer(text):
                found = match.group()
                if len(found) > 4 and any(c.isdigit() for c in found) and _is_address(found):
                    yield Finding(match.start(), match.end(), self.entity_type)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> frozenset[str]:
    """Return the top-level domains of the public suffix list that tldextract ships."""
    import tldextract

    listed = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    return frozenset(suffix.rsplit(".", 1)[-1] for suffix in listed.tlds)


def has_suffix(name: str) -> bool:
    """Say whether a name ends in a top-level domain that there is."""
    return name.rsplit(".", 1)[-1].lower() in _suffixes()


_END = r"(?<![.,;:!?'\")\]}>])"
URL = PatternRecognizer(
    "URL",
    re.compile(
        rf"(?:(?:https?|ftp)://|www\.)[^\s<>\"|]+{_END}|(?<![\w@.-]){_HOST}[a-z]{{2,24}}/[^\s<>\"|]*{_END}",
        re.IGNORECASE,
    ),
)
DOMAIN = PatternRecognizer(
    "DOMAIN_NAME",
    re.compile(rf"(?<![\w@.-]){_HOST}[^\W\d_]{{2,24}}(?![\w-])", re.IGNORECASE),
    has_suffix,
)
_STREETS = (
    "street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace"
    "|way|close|crescent|highway|hwy|parkway|pkwy|row|mews|hill|gardens"
)
ADDRESS = (
    PatternRecognizer(
        "STREET_ADDRESS",
        re.compile(
            rf"(?<![\w.,])\d{{1,5}}[A-Za-z]?(?:-\d{{1,4}})?,? (?:[A-Z][\w'.-]*,? ){{1,4}}"
            rf"(?:{_STREETS})\b\.?"
            r"(?:,? (?:apt|apartment|suite|ste|unit|flat|floor|#)\.? ?\w{1,6})?",
            re.IGNORECASE,
        ),
        lambda found: any(word[:1].isupper() for word in found.split()[1:]),
    ),
    PatternRecognizer(
        "STREET_ADDRESS",
        re.compile(
            r"(?<!\w)[A-ZÄÖÜ][\w-]*(?:straße|strasse|str\.|weg|platz|allee|gasse|gatan|gata|vägen|vegen"
            r"|katu|straat|laan|plein|kade) ?\d{1,4} ?[a-z]?(?!\w)"
        ),
    ),
    PatternRecognizer(
        "STREET_ADDRESS",
        re.compile(
            r"(?<!\w)(?:\d{1,4}(?: ?(?:bis|ter))?,? )?"
            r"(?:rue|avenue|boulevard|place|via|viale|piazza|calle|avenida"
            r"|plaza|rua|praça|ulica|ul\.)"
            r" (?:d[eu] |de la |del |des |dell[ao'] ?)?"
            r"[A-ZÀ-Ž][\w'-]*(?: [A-ZÀ-Ž][\w'-]*){0,3}(?:,? \d{1,4})?(?!\w)",
            re.IGNORECASE,
        ),
        lambda found: any(c.isdigit() for c in found),
    ),
)
POSTAL_CODE = (
    PatternRecognizer(
        "POSTAL_CODE",
        re.compile(r"(?<!\w)(?:GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2})(?!\w)"),
    ),
    PatternRecognizer("POSTAL_CODE", re.compile(r"(?<=[A-Z]{2} )\d{5}(?:-\d{4})?(?!\w)")),
    PatternRecognizer(
        "POSTAL_CODE", re.compile(r"(?<!\w)[ABCEGHJ-NPRSTVXY]\d[A-Z][ -]?\d[A-Z]\d(?!\w)")
    ),
    PatternRecognizer("POSTAL_CODE", re.compile(r"(?<!\w)[1-9]\d{3} ?[A-Z]{2}(?= [A-Z][a-z])")),
    PatternRecognizer(
        "POSTAL_CODE",
        re.compile(r"(?<!\w)(?:[A-Z]{1,2}-)?\d{2}-?\d{3}(?!\w)"),
        context=words(
            "zip(?: code)?", r"post(?:al)? ?code", "plz", "cap", "código postal", "postnr"
        ),
    ),
)
