"""Personal data and secrets; findings tell where they are, never what they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from finetune.data.findings import Finding, found, rows
from finetune.data.rows import Row

EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[A-Za-z]{2,24}\b")
PHONE = re.compile(
    r"(?<![\w.,/-])(?<!\d )(?:\+\d{1,3}[ ./-]?(?:\(\d{1,4}\)[ ./-]?)?\d{1,4}(?:[ ./-]?\d{2,4}){2,4}"
    r"|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,4}|0[1-9]\d{8,9})(?![\w/-]|[., ]\d)"
)
KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----|\b(?:sk|rk|pk)[-_](?:[a-z]{2,8}[-_]){0,2}[A-Za-z0-9_-]{20,200}"
    r"|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,255}|\bgithub_pat_\w{22,255}|\bxox[abprs]-[\w-]{10,250}"
    r"|\bAIza[\w-]{35}|\bhf_[A-Za-z0-9]{30,64}|\beyJ[\w-]{10,200}\.eyJ[\w-]{10,4000}\.[\w-]{10}"
)
CARD = re.compile(r"(?<![\w.,-])(?:\d[ -]?){12,18}\d(?![\w-])")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
DIGITS = re.compile(r"\d{2}")
MAKERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[0568]\d{12,14}|6\d{15,18}"
)
"""First digits and lengths of payment cards."""


def check_personal(data: Sequence[Row]) -> Iterator[Finding]:
    """One finding for each sort of personal data."""
    for code, what, mark, holds in SORTS:
        lines = [row.line for row in data if any(mark(text) and holds(text) for text in row.texts)]
        if lines:
            yield found(code, f"What looks like {what}: {rows(lines)}.", lines)


def has_email(text: str) -> bool:
    """Whether an email address is in a text; those of documentation's domains are none."""
    return any(not _made_up(match[0]) for match in EMAIL.finditer(text))


def has_phone(text: str) -> bool:
    """Whether a phone number is in a text."""
    return any(8 <= sum(c.isdigit() for c in match[0]) <= 15 for match in PHONE.finditer(text))


def has_card(text: str) -> bool:
    """Whether a card number is in a text: 13 to 19 digits with the check digit of Luhn (ISO/IEC 7812-1)."""
    return any(_is_card(re.sub(r"\D", "", match[0])) for match in CARD.finditer(text))


def has_iban(text: str) -> bool:
    """Whether an account number is in a text: the remainder by 97 is 1 (ISO 13616-1)."""
    return any(_is_iban(match[0].replace(" ", "")) for match in IBAN.finditer(text))


def _made_up(address: str) -> bool:
    domain = address.rsplit("@", 1)[1].casefold()
    return bool(re.search(r"(?:^|\.)example(?:\.(?:com|org|net))?$|\.(?:test|invalid)$", domain))


def _is_card(digits: str) -> bool:
    doubled = [int(d) * 2 for d in digits[-2::-2]]
    summed = sum(map(int, digits[-1::-2])) + sum(d - 9 if d > 9 else d for d in doubled)
    return bool(MAKERS.fullmatch(digits)) and summed % 10 == 0


def _is_iban(account: str) -> bool:
    turned = account[4:] + account[:4]
    return 15 <= len(account) <= 34 and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def _long_word(text: str) -> bool:
    return "-----BEGIN" in text or any(len(word) > 15 for word in text.split())


Test = Callable[[str], object]
SORTS: tuple[tuple[str, str, Test, Test], ...] = (
    ("email_addresses", "an email address", lambda text: "@" in text, has_email),
    ("phone_numbers", "a phone number", DIGITS.search, has_phone),
    ("secret_keys", "a secret key", _long_word, KEY.search),
    ("card_numbers", "a card number", DIGITS.search, has_card),
    ("bank_accounts", "a bank account", DIGITS.search, has_iban),
)
"""Code, name, a quick look that rules most texts out, and the test."""
