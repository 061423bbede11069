"""What a guard's field holds: a scanner types as fast as a person reads, and neither says what it is."""

import unicodedata
from itertools import chain

from gateway.checks.answers import CredentialShown
from gateway.checks.rules import line_in_force
from gateway.checks.snapshot import Snapshot
from registry.access.facts import CredentialKind
from registry.clock import Instant
from registry.ids import SiteId
from registry.passes.rules import parse_card_number
from registry.plates.grammar import NotAPlate, parse_plate
from registry.qr.passes import PREFIX


def recognise(value: str, snapshot: Snapshot, site: SiteId, now: Instant) -> CredentialShown:
    """Tell a QR pass, a plate and a card apart by their form; what has Chinese signs in it was meant as a plate.

    Two letters and five digits may be an army plate or a card: it is the one that is on the deny list, else the one that
    the register knows, else a plate, for the register knows the cards that people carry.
    """
    text = value.strip()
    if text.startswith(PREFIX):
        return CredentialShown(kind=CredentialKind.QR, value=text)
    if any("CJK" in unicodedata.name(sign, "") for sign in text):
        return CredentialShown(kind=CredentialKind.PLATE, value=text)
    plate, card = parse_plate(text), parse_card_number(text)
    if isinstance(plate, NotAPlate):
        return CredentialShown(kind=CredentialKind.CARD, value=text)
    if card is None:
        return CredentialShown(kind=CredentialKind.PLATE, value=text)
    readings = ((CredentialKind.PLATE, plate.text), (CredentialKind.CARD, card))
    listed = (kind for kind, key in readings if line_in_force(snapshot.denied_with_key(kind, key), site, now))
    known = (kind for kind, key in readings if snapshot.with_key(kind, key))
    return CredentialShown(kind=next(chain(listed, known), CredentialKind.PLATE), value=text)
