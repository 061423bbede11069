"""A plate or a card's number as somebody wrote it, or the problem that it is none."""

import re

from registry.passes.rules import parse_card_number
from registry.permits.rules import parse_permit_number, permit_number
from registry.plates.grammar import NotAPlate, Plate, parse_plate
from registry.problems import Unprocessable

_BETWEEN_PLATES = re.compile(r"[、，,;；]")


class NoPlate(Unprocessable):
    slug = "no-number-plate"
    title = "That is no number plate"


class NoPermitNumber(Unprocessable):
    slug = "no-permit-number"
    title = "That is no number of a vehicle permit"


class NoCardNumber(Unprocessable):
    slug = "no-card-number"
    title = "That is no card number"


def require_plate(raw: str) -> Plate:
    """Read a plate or say what is wrong with it."""
    plate = parse_plate(raw)
    if isinstance(plate, NotAPlate):
        raise NoPlate(f"{raw.strip()[:40]} is no plate: a plate is written like 鄂E·12345 or 鄂E·D12345.")
    return plate


def plates_apart(text: str) -> tuple[str, ...]:
    """Several plates that stand in one field, with blanks or commas between them, as they are written there."""
    return tuple(_BETWEEN_PLATES.sub(" ", text).split())


def require_permit_number(raw: str) -> str:
    """Read a vehicle permit's number or say what is wrong with it."""
    number = parse_permit_number(raw)
    if number is None:
        raise NoPermitNumber(f"{raw.strip()[:40]} is no permit's number: it is written like 2026-0001.")
    return permit_number(*number)


def require_card_number(raw: str) -> str:
    """Read a card's number or say what is wrong with it."""
    number = parse_card_number(raw)
    if number is None:
        raise NoCardNumber(f"{raw.strip()[:40]} is no card number: it has 4 to 32 digits or letters A to F.")
    return number
