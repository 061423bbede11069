"""What a guard's field holds: a scanner types as fast as a person reads, and neither says what it is."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from gateway.checks.answers import CredentialShown
from gateway.checks.rules import line_in_force
from gateway.checks.snapshot import Snapshot
from registry.access.facts import CredentialKind
from registry.clock import Instant
from registry.ids import SiteId
from registry.passes.rules import parse_card_number
from registry.permits.rules import parse_permit_number
from registry.plates.grammar import AUTHORITIES, PROVINCES, NotAPlate, Plate, PlateKind, parse_plate
from registry.qr.passes import PREFIX

OFFERED_PLATES = 3
COUNTED_PLATES = 2000
"""How many plates of the register tell which province is home."""
_WITHOUT_PROVINCE = re.compile(r"[A-Z][0-9A-Z]{5,6}|[0-9A-Z]{5}")
_AUTHORITY_AND_SERIAL = re.compile(r"(?=.*[0-9])[A-Z][0-9A-Z]{5,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhichPlate:
    """What was typed lacks a plate's first sign. The guard is asked which vehicle is meant, and nothing is recorded."""

    typed: str
    plates: tuple[Plate, ...]
    """The likeliest first; at least one."""
    may_be_card: bool


def recognise(value: str, snapshot: Snapshot, site: SiteId, now: Instant) -> CredentialShown | WhichPlate:
    """Tell what was shown, or ask, where a plate may lack its province and no card or plate is known as it is written."""
    shown = _as_written(value, snapshot, site, now)
    parsed = parse_plate(shown.value)
    key = parsed.normalised if isinstance(parsed, NotAPlate) else parsed.text
    is_army = isinstance(parsed, Plate) and parsed.kind is PlateKind.ARMY
    if not (is_army or isinstance(parsed, NotAPlate)) or not _WITHOUT_PROVINCE.fullmatch(key):
        return shown
    if any(_is_known(kind, key, snapshot) for kind in (CredentialKind.CARD, CredentialKind.PLATE)):
        return shown
    meant = [plate for plate in _with_province(key) if _is_known(CredentialKind.PLATE, plate.text, snapshot)]
    if not meant and not is_army and _AUTHORITY_AND_SERIAL.fullmatch(key):
        meant = [plate for plate in _with_province(key) if plate.text[0] == _home(snapshot)]
    if not meant:
        return shown
    offered = (*meant[:OFFERED_PLATES], parsed) if isinstance(parsed, Plate) else tuple(meant[:OFFERED_PLATES])
    return WhichPlate(typed=shown.value, plates=offered, may_be_card=parse_card_number(shown.value) is not None)


def _with_province(key: str) -> Iterator[Plate]:
    """Every plate that ends so, with the province and, where the serial alone was typed, the authority before it."""
    short = key if len(key) == 5 else None  # noqa: PLR2004 - a serial has five signs
    firsts = (province + letter for province in PROVINCES for letter in ([""] if short is None else AUTHORITIES))
    plates = (parse_plate(first + key) for first in firsts)
    return (plate for plate in plates if isinstance(plate, Plate))


def _home(snapshot: Snapshot) -> str | None:
    """The province from which most of the register's vehicles are; None: it knows none."""
    plates = (key for key in snapshot.credentials.keys_of_kind(CredentialKind.PLATE) if key[0] in PROVINCES)
    found = Counter(key[0] for key in islice(plates, COUNTED_PLATES)).most_common(1)
    return found[0][0] if found else None


def _is_known(kind: CredentialKind, key: str, snapshot: Snapshot) -> bool:
    return bool(snapshot.with_key(kind, key) or snapshot.denied_with_key(kind, key))


def _as_written(value: str, snapshot: Snapshot, site: SiteId, now: Instant) -> CredentialShown:
    """Tell a QR pass, a permit's number, a plate and a card apart by their form; what has Chinese signs in it was meant as a plate.

    Two letters and five digits may be an army plate or a card: it is the one that is on the deny list, else the one that
    the register knows, else a plate, for the register knows the cards that people carry.
    """
    text = value.strip()
    if text.startswith(PREFIX):
        return CredentialShown(kind=CredentialKind.QR, value=text)
    if any("CJK" in unicodedata.name(sign, "") for sign in text):
        return CredentialShown(kind=CredentialKind.PLATE, value=text)
    plate, card = parse_plate(text), parse_card_number(text)
    if parse_permit_number(text) is not None and not (
        card is not None and _is_known(CredentialKind.CARD, card, snapshot)
    ):
        return CredentialShown(kind=CredentialKind.PERMIT, value=text)
    if isinstance(plate, NotAPlate):
        return CredentialShown(kind=CredentialKind.CARD, value=text)
    if card is None:
        return CredentialShown(kind=CredentialKind.PLATE, value=text)
    readings = ((CredentialKind.PLATE, plate.text), (CredentialKind.CARD, card))
    listed = (kind for kind, key in readings if line_in_force(snapshot.denied_with_key(kind, key), site, now))
    known = (kind for kind, key in readings if snapshot.with_key(kind, key))
    return CredentialShown(kind=next(chain(listed, known), CredentialKind.PLATE), value=text)
