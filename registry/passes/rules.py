"""How the numbers of cards and QR passes are written."""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from registry.ids import CredentialId
from registry.passes.wiegand import is_frame, parse_frame, parse_printed

_SEPARATORS = re.compile(r"[\s:.\-_]")
_NUMBER = re.compile(r"[0-9A-F]{4,32}")


@lru_cache(10_000)
def parse_card_number(raw: str) -> str | None:
    """The one form of a card's number: digits and A-F, upper case, no separators; None if it cannot be one.

    What is printed on a card, `123,45678`, and what a Wiegand reader sends, bit by bit, become the same.
    """
    plain = unicodedata.normalize("NFKC", raw).strip()
    if is_frame(plain):
        sent = parse_frame(plain)
        return None if sent is None else sent.key
    if (printed := parse_printed(plain)) is not None:
        return printed.key
    text = _SEPARATORS.sub("", plain).upper()
    return text if _NUMBER.fullmatch(text) else None


def is_weak_pin(pin: str) -> bool:
    """Whether somebody who tries a few would try this one: no six digits, one digit, a run, a repeated pair or half."""
    if re.fullmatch(r"[0-9]{6}", pin) is None:
        return True
    steps = {(int(later) - int(earlier)) % 10 for earlier, later in pairwise(pin)}
    return len(steps) == 1 or pin[:3] == pin[3:] or pin[:2] * 3 == pin


def duress_of(pin: str) -> str:
    """What is typed under duress: the last digit one higher, 9 becomes 0."""
    return f"{pin[:-1]}{(int(pin[-1]) + 1) % 10}"


def pass_number(pass_id: CredentialId) -> str:
    """What people call a QR pass, on the slip and in the file: `Q-7F3A91C2`, the random end of its id."""
    return f"Q-{pass_id.hex[-8:].upper()}"
