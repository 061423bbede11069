"""How the numbers of cards and QR passes are written."""

import re
import unicodedata

from registry.ids import CredentialId

_SEPARATORS = re.compile(r"[\s:.\-_]")
_NUMBER = re.compile(r"[0-9A-F]{4,32}")


def parse_card_number(raw: str) -> str | None:
    """The one form of a card's number: digits and A-F, upper case, no separators; None if it cannot be one."""
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", raw)).upper()
    return text if _NUMBER.fullmatch(text) else None


def pass_number(pass_id: CredentialId) -> str:
    """What people call a QR pass, on the slip and in the file: `Q-7F3A91C2`, the random end of its id."""
    return f"Q-{pass_id.hex[-8:].upper()}"
