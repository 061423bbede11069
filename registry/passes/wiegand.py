"""What readers with a Wiegand cable send of a card, and what is printed on cards: pure conversions.

A reader of 26 bits sends the last three bytes of the chip's UID, one of 34 bits the last four: the first half of them is
the facility (8 or 16 bits), the other the number (16 bits), between a parity bit for each half: even for the first, odd
for the second. `123,45678` on a card is its facility and number. Readers that turn the bytes of the UID round are set to
send them straight.
"""

import re
from dataclasses import dataclass

NUMBER_BITS = 16
_LARGEST = 0xFFFF
"""Of a number, and of a facility of 34 bits."""
FACILITY_BITS = {26: 8, 34: 16}
"""By the length of the frame; the rest are the number and the two parity bits."""
_PRINTED = re.compile(r"(\d{1,5})\s*[,,、]\s*(\d{1,5})")
_FRAME = re.compile(r"[01]{26}|[01]{34}")


@dataclass(frozen=True, slots=True)
class Wiegand:
    """Facility and number in a frame of 26 or 34 bits."""

    bits: int
    facility: int
    number: int

    @property
    def key(self) -> str:
        """The number as the register keeps it: 6 or 8 hexadecimal digits, which are the last ones of the UID."""
        return f"{self.facility << NUMBER_BITS | self.number:0{(self.bits - 2) // 4}X}"

    @property
    def printed(self) -> str:
        """As it stands on the card."""
        width = 3 if self.bits == min(FACILITY_BITS) else 5
        return f"{self.facility:0{width}d},{self.number:05d}"

    @property
    def frame(self) -> str:
        """What the reader sends, bit by bit, with its parity."""
        data = f"{self.facility << NUMBER_BITS | self.number:0{self.bits - 2}b}"
        half = len(data) // 2
        even, odd = data[:half].count("1") % 2, 1 - data[half:].count("1") % 2
        return f"{even}{data}{odd}"


def of_uid(uid: str, bits: int) -> Wiegand | None:
    """What a reader sends of a chip's UID in hexadecimal digits; None: it is shorter than that."""
    digits = (bits - 2) // 4
    if len(uid) < digits:
        return None
    value = int(uid[-digits:], 16)
    return Wiegand(bits, value >> NUMBER_BITS, value & _LARGEST)


def parse_printed(text: str) -> Wiegand | None:
    """Read `123,45678`: 26 bits while the facility fits into 8; None: it is nothing of the kind."""
    found = _PRINTED.fullmatch(text.strip())
    if found is None:
        return None
    facility, number = int(found[1]), int(found[2])
    if number > _LARGEST or facility > _LARGEST:
        return None
    return Wiegand(26 if facility < 1 << FACILITY_BITS[26] else 34, facility, number)


def is_frame(text: str) -> bool:
    """Whether this is as long as a frame and made of its signs."""
    return _FRAME.fullmatch(text) is not None


def parse_frame(text: str) -> Wiegand | None:
    """Read a frame of 26 or 34 bits; None: it is none, or its parity is wrong."""
    if not is_frame(text):
        return None
    value = int(text[1:-1], 2)
    found = Wiegand(len(text), value >> NUMBER_BITS, value & _LARGEST)
    return found if found.frame == text else None
