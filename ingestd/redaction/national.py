"""Numbers that states give to people: by their form, their check digits, and telling words.

The checks are python-stdnum's, where it has them. A number whose check alone would hold for one in
ten of other numbers of its length is masked where a word near it says what it is, or where it is
grouped as nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum.au import tfn
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.ie import pps
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import itin

from ingestd.redaction.patterns import PatternRecognizer, digits_of, spaced, words

_EDGE = r"(?<![\w.,-])"
_END = r"(?![\w-]|[.,]\d)"


def _compact(text: str) -> str:
    return "".join(c for c in text if c.isalnum()).upper()


def ssn(number: str) -> bool:
    """Check that a US social security number is one that can have been issued (SSA, 2011)."""
    digits = digits_of(number)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def nric(number: str) -> bool:
    """Check the letter of a Singaporean NRIC or FIN (weights 2 7 6 5 4 3 2, modulo 11)."""
    compact = _compact(number)
    total = sum(int(d) * w for d, w in zip(compact[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
    series = compact[0]
    total += 4 if series in "TG" else 3 if series == "M" else 0
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "XWUTRQPNJLK"}
    place = total % 11 if series != "M" else 10 - total % 11
    return letters.get(series, "XWUTRQPNMLK")[place] == compact[8]


def medicare(number: str) -> bool:
    """Check an Australian Medicare card number's ninth digit (weights 1 3 7 9 1 3 7 9)."""
    digits = [int(d) for d in digits_of(number)]
    return (
        sum(d * w for d, w in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9), strict=False)) % 10 == digits[8]
    )


def _told(entity: str, count: int, holds: Callable[[str], bool], *near: str) -> PatternRecognizer:
    """Digits grouped in any way, told by a word near them."""
    return PatternRecognizer(
        entity,
        re.compile(_EDGE + spaced(count) + _END),
        lambda found: holds(digits_of(found)),
        words(*near),
    )


def _formed(entity: str, pattern: str, holds: Callable[[str], bool]) -> PatternRecognizer:
    """A form that tells by itself, and its check."""
    return PatternRecognizer(
        entity, re.compile(_EDGE + pattern + _END), lambda found: holds(_compact(found))
    )


_GAP = r"[ .\-/]?"
_BIRTH = r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"

NATIONAL = (
    PatternRecognizer("US_SSN", re.compile(rf"{_EDGE}\d{{3}}([- .])\d{{2}}\1\d{{4}}{_END}"), ssn),
    _told("US_SSN", 9, ssn, "ssn", r"soc(?:ial|\.)? sec(?:urity|\.)?", "ss#", r"ss ?n(?:o|umber)"),
    PatternRecognizer(
        "US_ITIN", re.compile(rf"{_EDGE}9\d{{2}}([- ])\d{{2}}\1\d{{4}}{_END}"), itin.is_valid
    ),
    _told("US_ITIN", 9, itin.is_valid, "itin", "taxpayer", r"tax ?(?:id|payer)\w*"),
    PatternRecognizer(
        "UK_NINO",
        re.compile(
            r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
            rf"(?:{_GAP}\d){{6}}{_GAP}[A-D](?!\w)",
            re.IGNORECASE,
        ),
    ),
    _formed("UK_NHS", r"\d{3} \d{3} \d{4}", nhs.is_valid),
    _told("UK_NHS", 10, nhs.is_valid, "nhs", "patient", r"health(?: ?care)? (?:no|number|id)"),
    _formed("ES_NIF", rf"{spaced(8)}{_GAP}[A-Za-z]", dni.is_valid),
    _formed("ES_NIE", rf"[XYZxyz]{_GAP}{spaced(7)}{_GAP}[A-Za-z]", nie.is_valid),
    PatternRecognizer(
        "IT_FISCAL_CODE",
        re.compile(
            rf"(?<!\w)(?:[A-Z]{_GAP}){{6}}(?:[0-9LMNPQRSTUV]{_GAP}){{2}}[A-EHLMPRST]{_GAP}"
            rf"(?:[0-9LMNPQRSTUV]{_GAP}){{2}}[A-Z]{_GAP}(?:[0-9LMNPQRSTUV]{_GAP}){{3}}[A-Z](?!\w)",
            re.IGNORECASE,
        ),
        lambda found: codicefiscale.is_valid(_compact(found)),
    ),
    _formed("PL_PESEL", r"\d{11}", pesel.is_valid),
    _told("PL_PESEL", 11, pesel.is_valid, "pesel"),
    _formed("FR_NIR", rf"[12](?:{_GAP}\d){{5}}{_GAP}[\dAB](?:{_GAP}\d){{8}}", nir.is_valid),
    _told("FR_NIR", 15, nir.is_valid, "nir", r"s[ée]curit[ée] sociale", "insee"),
    _told("NL_BSN", 9, bsn.is_valid, "bsn", r"burger ?service ?nummer", r"sofi(?:[ -]?nummer)?"),
    _formed("SE_PERSONNUMMER", rf"(?:19|20)?{_BIRTH}[-+]\d{{4}}", personnummer.is_valid),
    _formed("SE_PERSONNUMMER", rf"(?:19|20){_BIRTH}\d{{4}}", personnummer.is_valid),
    _told("SE_PERSONNUMMER", 10, personnummer.is_valid,
          r"person(?:al )?(?:nummer|number|nr)", "pnr"),
    PatternRecognizer(
        "FI_PERSONAL_IDENTITY_CODE",
        re.compile(r"(?<!\w)\d{6} ?[-+A-FU-Ya-fu-y] ?\d{3} ?[0-9A-FHJ-NPR-Ya-fhj-npr-y](?!\w)"),
        lambda found: hetu.is_valid(found.replace(" ", "").upper()),
    ),
    _formed("IN_AADHAAR", r"[2-9]\d{3}([- ])\d{4}\1\d{4}", aadhaar.is_valid),
    _told("IN_AADHAAR", 12, aadhaar.is_valid, "aadhaar", "aadhar", "uidai", "uid"),
    _formed("SG_NRIC_FIN", rf"[STFGMstfgm]{_GAP}{spaced(7)}{_GAP}[A-Za-z]", nric),
    _told("AU_TFN", 9, tfn.is_valid, "tfn", r"tax file(?: (?:no|number))?"),
    _formed("AU_MEDICARE", r"[2-6]\d{3}([- ])\d{5}\1\d", medicare),
    _told("AU_MEDICARE", 10, lambda n: n[0] in "23456" and medicare(n), "medicare"),
    _told("DE_TAX_ID", 11, idnr.is_valid,
          r"steuer(?:liche)?[- ]?(?:id|identifikations?nummer|nummer)\w*",
          r"(?:steuer-)?id(?:nr|-nr|-nummer)\.?", r"tax ?id"),
    _formed("BR_CPF", r"\d{3}\.\d{3}\.\d{3}-\d{2}", cpf.is_valid),
    _told("BR_CPF", 11, cpf.is_valid, "cpf"),
    _told("CA_SIN", 9, sin.is_valid, "sin", r"social insurance(?: (?:no|number))?"),
    _formed("CH_AHV", r"756\.?\d{4}\.?\d{4}\.?\d{2}", ahv.is_valid),
    _formed("BE_NATIONAL_NUMBER", r"\d{2}\.\d{2}\.\d{2}[- ]\d{3}[. ]\d{2}", nn.is_valid),
    _told("BE_NATIONAL_NUMBER", 11, nn.is_valid,
          r"rijksregister\w*", r"registre national", "insz", "niss"),
    _formed("DK_CPR", r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}-\d{4}", cpr.is_valid),
    _told("DK_CPR", 10, cpr.is_valid, r"cpr(?:[ -]?(?:nr|nummer))?"),
    _formed("NO_FODSELSNUMMER", r"\d{6} ?\d{5}", fodselsnummer.is_valid),
    _formed("IE_PPS", r"\d{7}[A-Wa-w][A-IWa-iw]?", pps.is_valid),
    _formed("KR_RRN", rf"{_BIRTH}-[1-8]\d{{6}}", rrn.is_valid),
)  # fmt: skip

PAN = PatternRecognizer("IN_PAN", re.compile(r"[A-Z]{5}(?<!\w.....)\d{4}[A-Z](?!\w)"), pan.is_valid)
"""With four digits alone, it is looked for everywhere."""
