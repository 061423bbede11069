"""How a card's number is written."""

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s:.\-_]")
_NUMBER = re.compile(r"[0-9A-F]{4,32}")


def parse_card_number(raw: str) -> str | None:
    """The one form of a card's number: digits and A-F, upper case, no separators; None if it cannot be one."""
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", raw)).upper()
    return text if _NUMBER.fullmatch(text) else None
