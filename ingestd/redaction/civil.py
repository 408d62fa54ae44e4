"""Passports, driving licences and dates of birth: told only by the words beside them."""

from __future__ import annotations

import re

from ingestd.redaction.patterns import PatternRecognizer

_BETWEEN = (
    r"[^\w\n|]{0,6}(?:\s*\|\s*|\n+)?"
    # The label's own words stand apart: the "NO" of "NO5788310" is part of the number.
    r"(?:(?:(?:no|nr|num|number|nummer|num[ée]ro|id|is|was|code)(?![^\W_])|n[°º]|:|#)[^\w]{0,6}){0,3}"
)
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember"
)
_DATE = (
    r"(?:\d{1,2}[ ]?[./-][ ]?\d{1,2}[ ]?[./-][ ]?(?:19|20)?\d{2}"
    r"|(?:19|20)\d{2}[./-]\d{1,2}[./-]\d{1,2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?[ -](?:of )?(?:{_MONTHS})\.?,?[ -](?:19|20)?\d{{2}}"
    rf"|(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)?\d{{2}})"
)


def _told(entity: str, telling: str, value: str, *needs: str) -> PatternRecognizer:
    return PatternRecognizer(
        entity,
        re.compile(rf"(?<!\w)(?:{telling})(?!\w){_BETWEEN}(?P<value>{value})(?!\w)", re.IGNORECASE),
        lambda found: any(c.isdigit() for c in found),
        needs=needs,
    )


PASSPORT = _told(
    "PASSPORT",
    "passports?|passeports?|reisepass|reisepaß|pasaportes?|passaport[oei]|paspoort|passnummer"
    "|passport card",
    r"[A-Z]{0,3}[ -]?\d(?:[ -]?\d){5,8}[A-Z]?|[CFGHJKLMNPRTVWXYZ0-9]{9,10}",
    "pass", "pasa", "pasp",
)  # fmt: skip
DRIVER_LICENSE = _told(
    "DRIVER_LICENSE",
    r"driv(?:er'?s?|er’s|ing)[ -]licen[cs]es?|licen[cs]e (?:no|number)|dl(?: ?(?:no|number|#))?"
    r"|führerschein(?:nummer)?|fuehrerschein|permis de conduire|patente di guida"
    r"|permiso de conducir|rijbewijs|körkort",
    r"(?=(?:[^\s\d]{0,9}[ -]?\d){4})[A-Z0-9]{1,18}(?:[ -](?=[A-Z]*\d)[A-Z0-9]{1,10}){0,5}",
    "licen", "dl", "führersch", "fuehrersch", "permis", "patente", "rijbewijs", "körkort",
)  # fmt: skip
DATE_OF_BIRTH = _told(
    "DATE_OF_BIRTH",
    r"born(?: on| the)?|date of birth|birth ?date|birthday|d\.?o\.?b\.?|geboren(?: am)?|geb\."
    r"|geburtsdatum|n[ée]e? le|date de naissance|fecha de nacimiento|data di nascita",
    _DATE,
    "born", "birth", "dob", "d.o.b", "geb", "naissance", "né", "nacimiento", "nascita",
)  # fmt: skip
