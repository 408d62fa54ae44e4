"""Invented personal data: valid in form and check digits, of nobody."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from stdnum import iban, luhn
from stdnum.es import dni, nie
from stdnum.it import codicefiscale

from ingestd.redaction import national, payments
from ingestd.redaction.patterns import digits_of
from ingestd.redaction.phrases import DENIED


@dataclass(frozen=True, slots=True)
class Value:
    """One invented value."""

    entity_type: str
    text: str
    secret: tuple[str, ...]
    """The parts of which four characters in a row must not be seen again."""
    context: str = ""
    """Words before it that tell what it is, where its form alone does not."""
    first_cut: int = 1
    """Where it may be cut first: an address cut inside its first word looks like a word and one."""


Maker = Callable[[random.Random], Value]

_CONSONANTS, _VOWELS = "bcdfghjklmnpqrstvwxz", "aeiouy"
_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def makers(entities: Iterable[str], phrases: Mapping[str, Sequence[str]]) -> dict[str, Maker]:
    """Return what invents values of each entity type that can be invented."""
    wanted = frozenset(entities)
    found = {entity: maker for entity, maker in _MAKERS.items() if entity in wanted}
    for entity, several in phrases.items():
        if several:
            found[entity] = _phrase(entity, tuple(several))
    return found


def _phrase(entity: str, phrases: tuple[str, ...]) -> Maker:
    def make(chance: random.Random) -> Value:
        phrase = chance.choice(phrases)
        if entity == DENIED and chance.random() < 0.3:
            phrase = phrase.upper()
        return Value(entity, phrase, tuple(phrase.split()))

    return make


def _word(chance: random.Random, syllables: int) -> str:
    return "".join(
        chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(syllables)
    ) + chance.choice(_CONSONANTS)


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


_BORN = {"Y": "%y%m%d", "D": "%d%m%y", "C": "%Y%m%d"}


def _filled(chance: random.Random, template: str) -> str:
    """Fill a template: # a digit, A a letter, Y D the birth date as yymmdd or ddmmyy."""
    born = date(1940, 1, 1) + timedelta(days=int(chance.random() * 24_000))
    made: list[str] = []
    for sign in template:
        if sign == "#":
            made.append("0123456789"[int(chance.random() * 10)])
        elif sign == "A":
            made.append("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[int(chance.random() * 26)])
        else:
            made.append(born.strftime(_BORN[sign]) if sign in _BORN else sign)
    return "".join(made)


def _checked(
    entity: str,
    templates: Sequence[tuple[str, str]],
    holds: Callable[[str], bool] | None = None,
    *,
    secret: Callable[[str], str] = lambda text: text,
) -> Maker:
    """Invent numbers until one of them checks as the recognizer itself checks it."""
    patterns = [p for p in (*national.NATIONAL, national.PAN) if p.entity_type == entity]
    good = holds or (lambda text: any(p.holds(text) for p in patterns if p.pattern.fullmatch(text)))

    def make(chance: random.Random) -> Value:
        context, template = chance.choice(templates)
        while True:
            text = _filled(chance, template)
            if good(text):
                return Value(entity, text, (secret(text),), context)

    return make


def _email(chance: random.Random) -> Value:
    first, last, host = _word(chance, 2), _word(chance, 2), _word(chance, 3)
    glue = chance.choice("._-+")
    local = f"{first}{glue}{last}" + (_digits(chance, 2) if chance.random() < 0.3 else "")
    suffix = chance.choice(["com", "org", "net", "de", "co.uk", "io", "gov", "info"])
    text = f"{local}@{host}.{suffix}"
    # A first word cut off, with its full stop, or two words that a hyphen joins, look like words
    # of the text before.
    first_cut = len(local) if glue == "-" else len(first) + 1 + (glue == ".")
    return Value("EMAIL_ADDRESS", text, (first, last, host), first_cut=first_cut)


_CARDS = (
    ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("36", 14),
    ("6011", 16), ("65", 16), ("3530", 16), ("62", 16), ("6759", 16),
)  # fmt: skip


def _card(chance: random.Random) -> Value:
    start, length = chance.choice(_CARDS)
    body = start + _digits(chance, length - len(start) - 1)
    number = body + luhn.calc_check_digit(body)
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[length]
    glue = chance.choice(["", " ", "-"])
    return Value("CREDIT_CARD", _grouped(number, sizes, glue), (number,))


def _grouped(number: str, sizes: Sequence[int], glue: str) -> str:
    pieces: list[str] = []
    position = 0
    for size in sizes:
        pieces.append(number[position : position + size])
        position += size
    return glue.join(p for p in (*pieces, number[position:]) if p)


_IBANS = {"DE": 18, "GB": 0, "FR": 23, "NL": 0, "ES": 20, "IT": 0, "PL": 24, "SE": 20, "FI": 14}


def _iban(chance: random.Random) -> Value:
    country = chance.choice(sorted(_IBANS))
    if country == "GB":
        body = _filled(chance, "AAAA") + _digits(chance, 14)
    elif country == "NL":
        body = _filled(chance, "AAAA") + _digits(chance, 10)
    elif country == "IT":
        body = _filled(chance, "A") + _digits(chance, 22)
    else:
        body = _digits(chance, _IBANS[country])
    number = country + iban.calc_check_digits(f"{country}00{body}") + body
    glue = chance.choice(["", " "])
    return Value("IBAN_CODE", _grouped(number, [4] * (len(number) // 4), glue), (number,))


def _phone(chance: random.Random) -> Value:
    last = _digits(chance, 4)
    form = chance.randrange(9)

    def d(count: int) -> str:
        return _digits(chance, count)

    area = f"{chance.randint(2, 9)}{d(2)}"
    office = f"{chance.randint(2, 9)}{d(2)}"
    text, context = (
        (f"+44 20 7{d(3)} {last}", ""),
        (f"+44 (0)20 7{d(3)} {last}", ""),
        (f"+1-{area}-{office}-{last}", ""),
        (f"({area}) {office}-{last}", ""),
        (f"{area}.{office}.{last}", ""),
        (f"+49 151 {d(4)} {last}", ""),
        (f"+33 6 {d(2)} {d(2)} {last[:2]} {last[2:]}", ""),
        (f"020 7{d(3)} {last}", "Phone: "),
        (f"{area}-{office}-{last} ext. {d(3)}", "Call "),
    )[form]
    # The country's code is no secret; an extension is cut off by what may stand before it.
    secret = digits_of(text.split(" ext")[0])[-7:]
    return Value("PHONE_NUMBER", text, (secret,), context)


def _fiscal(chance: random.Random) -> Value:
    letters = "BCDFGHKLMNPQRSTVZ"
    body = (
        "".join(chance.choice(letters) for _ in range(6))
        + _digits(chance, 2)
        + chance.choice("ABCDEHLMPRST")
        + f"{chance.randint(1, 28):02}"
        + chance.choice("ABCDEFGHIL")
        + _digits(chance, 3)
    )
    text = body + codicefiscale.calc_check_digit(body)
    return Value("IT_FISCAL_CODE", text, (text,))


def _nif(chance: random.Random) -> Value:
    number = _digits(chance, 8)
    return Value("ES_NIF", number + dni.calc_check_digit(number), (number,))


def _nie(chance: random.Random) -> Value:
    number = chance.choice("XYZ") + _digits(chance, 7)
    return Value("ES_NIE", number + nie.calc_check_digit(number), (number,))


def _ip(chance: random.Random) -> Value:
    if chance.random() < 0.3:
        text = ":".join(f"{chance.randrange(4096, 65536):x}" for _ in range(8))
    else:
        text = ".".join(str(chance.randint(100, 255)) for _ in range(4))
    return Value("IP_ADDRESS", text, (text,))


def _mac(chance: random.Random) -> Value:
    glue = chance.choice(":-")
    pairs = [f"{chance.randrange(256):02X}" for _ in range(6)]
    return Value("MAC_ADDRESS", glue.join(pairs), ("".join(pairs),))


def _crypto(chance: random.Random) -> Value:
    import hashlib

    body = b"\0" + bytes(chance.randrange(256) for _ in range(20))
    whole = body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(whole, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = alphabet[rest] + text
    text = "1" * (len(whole) - len(whole.lstrip(b"\0"))) + text
    return Value("CRYPTO", text, (text,))


def _passport(chance: random.Random) -> Value:
    text = chance.choice([_filled(chance, "#########"), _filled(chance, "AA#######")])
    return Value("PASSPORT", text, (text,), chance.choice(["Passport no. ", "Reisepass: "]))


def _licence(chance: random.Random) -> Value:
    text = _filled(chance, "A###-####-####")
    return Value("DRIVER_LICENSE", text, (text,), chance.choice(["driving licence ", "DL: "]))


def _born(chance: random.Random) -> Value:
    born = date(1940, 1, 1) + timedelta(days=chance.randrange(24_000))
    text = born.strftime(chance.choice(["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y"]))
    return Value("DATE_OF_BIRTH", text, (text,), chance.choice(["born on ", "DOB: "]))


def _some(chance: random.Random, count: int, alphabet: str = _ALNUM) -> str:
    return "".join(chance.choice(alphabet) for _ in range(count))


def _secret(chance: random.Random) -> Value:
    form = chance.randrange(7)
    if form == 0:
        text = "AKIA" + _some(chance, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        return Value("SECRET", text, (text[4:],))
    if form == 1:
        text = "ghp_" + _some(chance, 36)
        return Value("SECRET", text, (text[4:],))
    if form == 2:
        parts = [
            base64.urlsafe_b64encode(part.encode()).decode().rstrip("=")
            for part in ('{"alg":"HS256","typ":"JWT"}', f'{{"sub":"{_digits(chance, 10)}"}}')
        ]
        signature = _some(chance, 43)
        return Value("SECRET", ".".join((*parts, signature)), (signature,))
    if form == 3:
        text = "sk_live_" + _some(chance, 24)
        return Value("SECRET", text, (text[8:],))
    if form == 4:
        password = _some(chance, 10) + "7x9"
        return Value(
            "SECRET", f"postgres://{_word(chance, 2)}:{password}@db.internal/main", (password,),
        )  # fmt: skip
    if form == 5:
        lines = "\n".join(_some(chance, 64) for _ in range(3))
        text = f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----"
        return Value("SECRET", text, tuple(lines.split("\n")))
    password = _some(chance, 11) + "7!x9"
    return Value("SECRET", password, (password,), chance.choice(["password: ", "api_key = "]))


_MAKERS: dict[str, Maker] = {
    "EMAIL_ADDRESS": _email,
    "CREDIT_CARD": _card,
    "IBAN_CODE": _iban,
    "PHONE_NUMBER": _phone,
    "IP_ADDRESS": _ip,
    "MAC_ADDRESS": _mac,
    "CRYPTO": _crypto,
    "PASSPORT": _passport,
    "DRIVER_LICENSE": _licence,
    "DATE_OF_BIRTH": _born,
    "SECRET": _secret,
    "IT_FISCAL_CODE": _fiscal,
    "ES_NIF": _nif,
    "ES_NIE": _nie,
    "ABA_ROUTING_NUMBER": _checked(
        "ABA_ROUTING_NUMBER", [("Routing number ", "#########")], payments.ROUTING.holds
    ),
    **{
        entity: _checked(entity, templates)
        for entity, templates in {
            "US_SSN": [("", "###-##-####"), ("SSN ", "#########")],
            "US_ITIN": [("", "9##-##-####")],
            "UK_NINO": [("", "AA######A"), ("", "AA ## ## ## A")],
            "UK_NHS": [("", "### ### ####"), ("NHS number ", "##########")],
            "PL_PESEL": [("", "Y#####")],
            "FR_NIR": [("", "1######2#######"), ("", "2 ## 0# ## ### ### ##")],
            "NL_BSN": [("BSN ", "#########")],
            "SE_PERSONNUMMER": [("", "Y-####"), ("", "C####")],
            "FI_PERSONAL_IDENTITY_CODE": [("", "D-###A")],
            "IN_AADHAAR": [("", "#### #### ####"), ("Aadhaar ", "############")],
            "IN_PAN": [("", "AAAPA####A")],
            "SG_NRIC_FIN": [("", "S#######A")],
            "AU_TFN": [("TFN ", "### ### ###")],
            "AU_MEDICARE": [("Medicare ", "#### ##### #")],
            "DE_TAX_ID": [("Steuer-ID ", "###########")],
            "BR_CPF": [("", "###.###.###-##")],
            "CA_SIN": [("SIN ", "### ### ###")],
            "CH_AHV": [("", "756.####.####.##")],
            "DK_CPR": [("", "D-####")],
            "NO_FODSELSNUMMER": [("", "D#####")],
            "IE_PPS": [("", "#######A")],
            "KR_RRN": [("", "Y-1######")],
        }.items()
    },
    "BE_NATIONAL_NUMBER": _checked("BE_NATIONAL_NUMBER", [("rijksregisternummer ", "Y#####")]),
}  # fmt: skip
