"""What a guard's field holds: a scanner types as fast as a person reads, and neither says what it is."""

import unicodedata

from gateway.checks.answers import CredentialShown
from registry.access.facts import CredentialKind
from registry.plates.grammar import Plate, parse_plate
from registry.qr.passes import PREFIX


def recognise(value: str) -> CredentialShown:
    """Tell a QR pass, a plate and a card apart by their form; what has Chinese signs in it was meant as a plate."""
    text = value.strip()
    if text.startswith(PREFIX):
        return CredentialShown(kind=CredentialKind.QR, value=text)
    is_chinese = any("CJK" in unicodedata.name(sign, "") for sign in text)
    if is_chinese or isinstance(parse_plate(text), Plate):
        return CredentialShown(kind=CredentialKind.PLATE, value=text)
    return CredentialShown(kind=CredentialKind.CARD, value=text)
