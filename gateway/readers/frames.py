"""What readers send, brought into the form in which a credential is looked up. Pure, but for the keypad's memory."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from registry.passes.wiegand import FACILITY_BITS, NUMBER_BITS, Wiegand, parse_frame

PIN_DIGITS = range(4, 13)
_PAUSE_SECONDS = 15.0
"""Who types nothing for so long has gone away, and the next begins anew."""
_ENTER, _CLEAR = b"#\r", b"*\x7f"
_BYTE = 8
_LONGEST_UID_BYTES = 10
_PRINTED_FACTOR = 100_000
"""Of a number as it is printed on a card, facility and number in one: 100,58400 is 10058400."""


def read_card(data: bytes, bits: int, *, is_text: bool = False) -> str | None:
    """The number of a card under which it is looked up; None: it was misread, or nothing can be made of it.

    Of a Wiegand frame facility and number, without their parity; of whole bytes that are no frame a chip's UID, as hexadecimal.
    """
    if is_text:
        return data.decode("ascii", "ignore").strip() or None
    if bits in FACILITY_BITS:
        frame = parse_frame("".join(f"{byte:08b}" for byte in data)[:bits])
        return None if frame is None else frame.key
    if not bits or bits % _BYTE or bits > _LONGEST_UID_BYTES * _BYTE:
        return None
    return data[: bits // _BYTE].hex().upper()


def card_of_number(number: int) -> str:
    """The look-up key of a card that a controller names by a number: as printed of 26 bits, else all 32 of it."""
    facility, rest = divmod(number, _PRINTED_FACTOR)
    if facility < 1 << FACILITY_BITS[26] and rest < 1 << NUMBER_BITS:
        return Wiegand(26, facility, rest).key
    return f"{number:08X}"


@dataclass(slots=True)
class Keypad:
    """The keys that were pressed at one reader since the last `#`."""

    _typed: str = ""
    _last: float = field(default=0.0)

    def press(self, keys: bytes) -> Iterator[str]:
        """Give each PIN that these keys end; `*` begins anew."""
        now = time.monotonic()
        if now - self._last > _PAUSE_SECONDS:
            self._typed = ""
        self._last = now
        for key in keys:
            if key in _CLEAR:
                self._typed = ""
            elif key in _ENTER:
                typed, self._typed = self._typed, ""
                if len(typed) in PIN_DIGITS:
                    yield typed
            elif chr(key).isdigit() and len(self._typed) < PIN_DIGITS.stop:
                self._typed += chr(key)
