"""When a one-time code is right (RFC 6238), and how recovery codes are written. Pure."""

import hmac
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import pyotp

from registry.clock import Instant

STEP_SECONDS: Final = 30
DIGITS: Final = 6
DRIFT_STEPS: Final = 1
"""A phone's clock may be half a minute off, before or behind."""
ISSUER: Final = "Dayuan"
"""What the app calls us."""
RECOVERY_CODES: Final = 10
_RECOVERY_SIGNS = 12
_GROUP = 4
_CODE = re.compile(rf"\d{{{DIGITS}}}")
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without signs that are mistaken for one another on paper."""
_RECOVERY = re.compile(rf"[{_ALPHABET}]{{{_RECOVERY_SIGNS}}}")


def right_step(secret: str, code: str, *, after: int | None, now: Instant) -> int | None:
    """The 30 seconds, counted since 1970, whose code this is; None: it is wrong, too old, or was used.

    `after`: the step of the newest code that was used.
    """
    code = typed_code(code)
    if not _CODE.fullmatch(code):
        return None
    app = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    current = int(now.timestamp()) // STEP_SECONDS
    steps = range(max(current - DRIFT_STEPS, 0), current + DRIFT_STEPS + 1)
    right = [step for step in steps if hmac.compare_digest(app.generate_otp(step), code)]
    return next((step for step in right if after is None or step > after), None)


def app_address(secret: str, *, name: str) -> str:
    """What the QR code says: it puts the secret into the app, under the user's name."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(name=name, issuer_name=ISSUER)


def grouped(secret: str) -> str:
    """A secret as one types it from a screen, four signs at a time."""
    return " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))


def typed_code(code: str) -> str:
    """One form of a code, with whatever spaces, dashes or full-width signs it was typed."""
    return re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", code)).upper()


def recovery_code(signs: Sequence[int]) -> str:
    """Write a recovery code, `K7QM-2F9A-XW4D`, from random bytes: 60 bits of them count."""
    text = "".join(_ALPHABET[sign % len(_ALPHABET)] for sign in signs[:_RECOVERY_SIGNS])
    return "-".join(text[at : at + _GROUP] for at in range(0, _RECOVERY_SIGNS, _GROUP))


def is_recovery_code(code: str) -> bool:
    """Whether this is written like one."""
    return _RECOVERY.fullmatch(typed_code(code)) is not None
