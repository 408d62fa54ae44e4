"""Recognizers: each kind as people write it, and what only looks like one."""

from __future__ import annotations

import random

import pytest

from ingestd.app import redactors
from ingestd.fuzzing.values import makers
from ingestd.redaction.catalogue import DEFAULT_ENTITIES, ENTITIES
from ingestd.redaction.policy import RedactionPolicy

FULL = redactors.in_child(RedactionPolicy())
ALL = redactors.in_child(RedactionPolicy(entities=ENTITIES))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Card 250 4111111111111111 ok.", "Card 250 <CREDIT_CARD> ok."),
        ("Amex 3782-822463-10005.", "Amex <CREDIT_CARD>."),
        ("Card 411 1111 11111 1111 ok", "Card <CREDIT_CARD> ok"),
        ("IBAN DE89-3704-0044-0532-0130-00.", "IBAN <IBAN_CODE>."),
        ("SSN 536904399, thanks", "SSN <US_SSN>, thanks"),
        ("ITIN 912-71-1234.", "ITIN <US_ITIN>."),
        ("NHS number: 943 476 5919", "NHS number: <UK_NHS>"),
        ("NI: AB 12 34 56 C.", "NI: <UK_NINO>."),
        ("DNI 12345678Z", "DNI <ES_NIF>"),
        ("NIE X1234567L", "NIE <ES_NIE>"),
        ("CF RSSMRA85T10A562S", "CF <IT_FISCAL_CODE>"),
        ("PESEL 44051401359", "PESEL <PL_PESEL>"),
        ("2 95 10 99 126 111 93 here", "<FR_NIR> here"),
        ("BSN 111222333", "BSN <NL_BSN>"),
        ("Personnummer 640823-3234.", "Personnummer <SE_PERSONNUMMER>."),
        ("131052-308T", "<FI_PERSONAL_IDENTITY_CODE>"),
        ("Aadhaar 2341 2341 2346", "Aadhaar <IN_AADHAAR>"),
        ("PAN ACUPA7085R", "PAN <IN_PAN>"),
        ("NRIC S1234567D", "NRIC <SG_NRIC_FIN>"),
        ("TFN 123 456 782", "TFN <AU_TFN>"),
        ("Medicare 2123 45670 1", "Medicare <AU_MEDICARE>"),
        ("CPF 390.533.447-05", "CPF <BR_CPF>"),
        ("AHV 756.9217.0769.85", "AHV <CH_AHV>"),
        ("Passport no. 533380006.", "Passport no. <PASSPORT>."),
        ("Passport | 533380006", "Passport | <PASSPORT>"),
        ("driving licence MORGA753116SM9IJ", "driving licence <DRIVER_LICENSE>"),
        ("born on 12 March 1985.", "born on <DATE_OF_BIRTH>."),
        ("DOB: 1985-03-12", "DOB: <DATE_OF_BIRTH>"),
        ("routing number 021000021", "routing number <ABA_ROUTING_NUMBER>"),
        ("8.8.8.8 and fe80::1ff:fe23:4567:890a", "<IP_ADDRESS> and <IP_ADDRESS>"),
        ("mac 00:1B:44:11:3A:B7", "mac <MAC_ADDRESS>"),
        ("to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "to <CRYPTO>"),
        ("mail (ann.o'neil+x@sub.example.co.uk)", "mail (<EMAIL_ADDRESS>)"),
        ("password: Summer2024! now", "password: <SECRET>! now"),
        ('{"api_key": "x81kFh2pQz"}', '{"api_key": "<SECRET>"}'),
        ("postgres://bob:s3cr3t@10/x", "postgres://<SECRET>@10/x"),
        ("AKIAIOSFODNN7EXAMPLE", "<SECRET>"),
    ],
)
def test_it_is_masked_whole(raw: str, expected: str) -> None:
    """Nothing of it is left, and nothing beside it goes."""
    assert FULL.redact_text(raw) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Card 4111 1111 1111 1112 fails its check.",
        "2019 2020 2021 2023 are years.",
        "Password: required. Token: see below. The key is under the mat.",
        "Passport photos are taken on the 3rd floor; public transport passes too.",
        "Version 1.2.3.4 and section 12.4.5.6 of the manual.",
        "She was born in Oslo in 1985.",
        "IBAN GB29 NWBK 6016 1331 9268 18 has a wrong check.",
        "0.285021097 | 0.312877946 | -0.296319737",
        "The nhs has 1,300,000 staff; order 4505175 of 2024-05-12.",
        "DL 3 pumps: 4411 hours each.",
    ],
)
def test_it_is_left_alone(text: str) -> None:
    """No check digit, no telling word, no form of its own."""
    assert FULL.redact_text(text) == text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("See https://www.example.com/a?b=1.", "See <URL>."),
        ("at example.co.uk today", "at <DOMAIN_NAME> today"),
        ("12 High Street, London SW1A 1AA", "<STREET_ADDRESS>, London <POSTAL_CODE>"),
        ("Hauptstraße 12 in Berlin", "<STREET_ADDRESS> in Berlin"),
    ],
)
def test_optional_kinds_are_masked_when_asked_for(raw: str, expected: str) -> None:
    """And only then: by default they stay."""
    assert ALL.redact_text(raw) == expected
    assert FULL.redact_text(raw) == raw


@pytest.mark.parametrize("entity", DEFAULT_ENTITIES)
def test_every_default_entity_finds_what_is_invented_of_it(entity: str) -> None:
    """Two hundred values each, with what tells them."""
    chance = random.Random(entity)
    make = makers([entity], {})[entity]
    for _ in range(200):
        value = make(chance)
        masked = FULL.redact_text(f"Note: {value.context}{value.text} and so on.")
        assert value.text not in masked
        assert masked.endswith(" and so on.")
