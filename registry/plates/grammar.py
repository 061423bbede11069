"""What a Chinese number plate may look like (GA 36), and how a written one is brought into one form.

The same forms serve two callers: `parse_plate` takes what a person typed or a machine sent, and the plate reader lets
its recogniser say nothing that no form allows.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
DIGITS: Final = "0123456789"
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of serials: I and O are never given out, for they look like 1 and 0."""
AUTHORITIES: Final = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
"""Second place of a plate, the issuing authority: O is real there (the older police series, 粤O, 鄂O)."""
SERIAL: Final = DIGITS + LETTERS
NEV_CLASSES: Final = "ABCDEFGHJK"
"""D A B C E run on electricity alone, F G H J K on something else too."""

LONGEST_TEXT: Final = 40
"""Characters that are kept of a text that is no plate; the longest plate has nine."""


class PlateKind(StrEnum):
    """What a plate says about its vehicle. The order is the order in which forms are tried: the first that fits wins."""

    NEV_SMALL = "nev_small"
    NEV_LARGE = "nev_large"
    EMERGENCY = "emergency"
    POLICE = "police"
    TRAILER = "trailer"
    COACH = "coach"
    CONSULATE = "consulate"
    HONG_KONG_MACAO = "hong_kong_macao"
    EMBASSY = "embassy"
    AIRPORT = "airport"
    ARMED_POLICE = "armed_police"
    ARMY = "army"
    FARM = "farm"
    CIVIL = "civil"


class PlateColour(StrEnum):
    """Ground of a plate."""

    BLUE = "blue"
    YELLOW = "yellow"
    GREEN = "green"
    YELLOW_GREEN = "yellow-green"
    WHITE = "white"
    BLACK = "black"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way in which plates of a kind are written: for each place, the characters that may stand there."""

    kind: PlateKind
    places: tuple[str, ...]

    def pattern(self) -> str:
        return "".join(place if len(place) == 1 else f"[{place}]" for place in self.places)


def _forms() -> tuple[Form, ...]:
    serial4 = (SERIAL,) * 4
    local = (PROVINCES, AUTHORITIES)
    digits5, digits6 = (DIGITS,) * 5, (DIGITS,) * 6
    written: tuple[tuple[PlateKind, tuple[str, ...]], ...] = (
        (PlateKind.NEV_SMALL, (PROVINCES, LETTERS, NEV_CLASSES, SERIAL, *(DIGITS,) * 4)),
        (PlateKind.NEV_LARGE, (PROVINCES, LETTERS, *digits5, NEV_CLASSES)),
        (PlateKind.EMERGENCY, (PROVINCES, "XS", *serial4, "应", "急")),
        (PlateKind.POLICE, (*local, *serial4, "警")),
        (PlateKind.TRAILER, (*local, *serial4, "挂")),
        (PlateKind.COACH, (*local, *serial4, "学")),
        (PlateKind.CONSULATE, (*local, *serial4, "领")),
        (PlateKind.HONG_KONG_MACAO, ("粤", "Z", *serial4, "港澳")),
        (PlateKind.EMBASSY, ("使", *digits6)),
        (PlateKind.EMBASSY, (*digits6, "使")),
        (PlateKind.AIRPORT, ("民", "航", LETTERS, *serial4)),
        (PlateKind.AIRPORT, ("民", "航", *serial4)),
        (PlateKind.ARMED_POLICE, ("W", "J", PROVINCES, *(DIGITS,) * 4, SERIAL)),
        (PlateKind.ARMED_POLICE, ("W", "J", *(DIGITS,) * 4, SERIAL)),
        (PlateKind.ARMY, (LETTERS, LETTERS, *digits5)),
        (PlateKind.FARM, (PROVINCES, *(DIGITS,) * 7)),
        (PlateKind.CIVIL, (*local, SERIAL, *serial4)),
    )
    return tuple(Form(kind=kind, places=places) for kind, places in written)


FORMS: Final = _forms()
"""Every form, in the order in which they are tried."""

COLOURS_OF: Final[Mapping[PlateKind, frozenset[PlateColour]]] = MappingProxyType(
    {
        PlateKind.NEV_SMALL: frozenset({PlateColour.GREEN}),
        PlateKind.NEV_LARGE: frozenset({PlateColour.YELLOW_GREEN, PlateColour.GREEN}),
        PlateKind.EMERGENCY: frozenset({PlateColour.WHITE}),
        PlateKind.POLICE: frozenset({PlateColour.WHITE}),
        PlateKind.TRAILER: frozenset({PlateColour.YELLOW}),
        PlateKind.COACH: frozenset({PlateColour.YELLOW}),
        PlateKind.CONSULATE: frozenset({PlateColour.BLACK}),
        PlateKind.HONG_KONG_MACAO: frozenset({PlateColour.BLACK}),
        PlateKind.EMBASSY: frozenset({PlateColour.BLACK}),
        PlateKind.AIRPORT: frozenset({PlateColour.GREEN}),
        PlateKind.ARMED_POLICE: frozenset({PlateColour.WHITE}),
        PlateKind.ARMY: frozenset({PlateColour.WHITE}),
        PlateKind.FARM: frozenset({PlateColour.GREEN}),
        PlateKind.CIVIL: frozenset({PlateColour.BLUE, PlateColour.YELLOW, PlateColour.BLACK}),
    }
)
"""Grounds that plates of a kind have: small civil vehicles blue, large ones yellow, foreigners' older ones black."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A text that is a plate. Two plates are the same vehicle's when their `text` is equal."""

    raw: str
    text: str
    kind: PlateKind

    @property
    def display(self) -> str:
        """As it stands on the vehicle, with the dot after the authority: 鄂E·12345."""
        return self.text if self.kind in _UNDOTTED else f"{self.text[:2]}·{self.text[2:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAPlate:
    """A text that fits no form; `normalised` is what was left of it."""

    raw: str
    normalised: str


def parse_plate(raw: str) -> Plate | NotAPlate:
    """Bring a written plate into its one form and tell its kind; takes a few microseconds."""
    text = normalised(raw)
    found = _ANY_FORM.fullmatch(text)
    if found is None or found.lastgroup is None:
        return NotAPlate(raw=raw, normalised=text)
    return Plate(raw=raw, text=text, kind=_KIND_OF_GROUP[found.lastgroup])


def normalised(raw: str) -> str:
    """Compatibility forms, upper case, no separators, and 0 and 1 for O and I where no letter O or I can stand.

    What a plate cannot hide behind is left out: signs without a shape, blanks, dashes, brackets, dots. Every other sign
    stays, for it may stand for a place that was not read, and without that place it would be another plate.
    """
    signs = unicodedata.normalize("NFKD", raw).upper()
    text = "".join(sign for sign in signs if sign not in _DOTS and unicodedata.category(sign) not in _SHAPELESS)
    return (text[:2] + text[2:].translate(_LOOKALIKES))[:LONGEST_TEXT]


_UNDOTTED = frozenset({PlateKind.EMBASSY, PlateKind.FARM, PlateKind.AIRPORT, PlateKind.ARMED_POLICE})
_SHAPELESS = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf"})
"""Categories of Unicode: control and format signs, blanks, marks on other signs, dashes, brackets, quotes."""
_DOTS = frozenset(".·•‧∙⋅・。、,:;'\"/−")
_LOOKALIKES = str.maketrans("OI", "01")
_KIND_OF_GROUP = {f"form{number}": form.kind for number, form in enumerate(FORMS)}
_ANY_FORM = re.compile("|".join(f"(?P<form{number}>{form.pattern()})" for number, form in enumerate(FORMS)))
