"""The shapes of documents' numbers (reference/access.md 5b). The kind is part of the number's key: two kinds may share digits. Pure."""

import re
from collections.abc import Mapping
from datetime import date

from registry.people.identity import NotAnIdNumber, parse_id_number, searched_number
from registry.people.models import DocumentKind

SHAPES: Mapping[DocumentKind, re.Pattern[str]] = {
    DocumentKind.RESIDENCE_PERMIT: re.compile(r"8[123]0000[0-9]{11}[0-9X]"),
    DocumentKind.FOREIGN_RESIDENCE: re.compile(r"9[0-9]{16}[0-9X]"),
    DocumentKind.HOME_RETURN: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    DocumentKind.TAIWAN_COMPATRIOT: re.compile(r"[0-9]{8}"),
    DocumentKind.PASSPORT: re.compile(r"(?=[A-Z]*[0-9])[A-Z0-9]{6,12}"),
}
"""Of the older 回乡证 the last two digits count its renewals. Passports of other states have letters and digits in any order."""
WITH_CHECK_DIGIT = frozenset({DocumentKind.RESIDENCE_PERMIT, DocumentKind.FOREIGN_RESIDENCE})
"""Their 18 characters are made as a resident's: a date of birth, and the check digit of GB 11643."""


def parse_document(kind: DocumentKind, raw: str, *, today: date) -> str | NotAnIdNumber:
    """Check the number of a document of this kind; blanks, wide digits and small letters are taken."""
    text = searched_number(raw)
    if not SHAPES[kind].fullmatch(text):
        return NotAnIdNumber("shape")
    return parse_id_number(text, today=today) if kind in WITH_CHECK_DIGIT else text
