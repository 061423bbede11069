"""Reading what was shown at a gate into our types, once, at the edge."""

from hashlib import sha256
from typing import Protocol

from gateway.checks.answers import CheckRequest, CredentialShown
from gateway.checks.attempts import Attempt
from gateway.checks.shown import CardShown, PassShown, PermitShown, PinShown, PlateShown, Shown
from registry.access.facts import CredentialKind
from registry.auth.principal import Principal
from registry.credentials.written import require_card_number, require_permit_number, require_plate
from registry.ids import CredentialId, GateId, LaneId
from registry.permits.rules import parse_permit_number
from registry.plates.grammar import NotAPlate, parse_plate
from registry.problems import Unprocessable


class KindNotTaken(Unprocessable):
    slug = "kind-not-taken"
    title = "This gate does not take such a credential"


class Reading(Protocol):
    """What is needed to read what only our own keys open."""

    def verify_pass(self, text: str) -> CredentialId | None:
        """The credential that a QR pass stands for; None: it is not signed by us."""
        ...

    def digest_pin(self, pin: str) -> str:
        """Under what a PIN is found, in hex."""
        ...


def read_credential(shown: CredentialShown, reading: Reading) -> Shown:
    """Bring what was shown into the form in which it is looked up.

    Of a QR code the scanner knows only that it is one: it may be a pass, or the number on the card behind a windscreen.

    Raises:
        NoCardNumber, NoPermitNumber: no card and no permit has such a number.
        KindNotTaken: an identity number is not taken at the gates.

    """
    match shown.kind:
        case CredentialKind.PLATE:
            plate = parse_plate(shown.value)
            if isinstance(plate, NotAPlate):
                return PlateShown(raw=shown.value, key=plate.normalised, form=None)
            return PlateShown(raw=shown.value, key=plate.text, form=plate.kind)
        case CredentialKind.PERMIT:
            return PermitShown(raw=shown.value, key=require_permit_number(shown.value))
        case CredentialKind.CARD:
            return CardShown(raw=shown.value, key=require_card_number(shown.value))
        case CredentialKind.QR if parse_permit_number(shown.value) is not None:
            return PermitShown(raw=shown.value, key=require_permit_number(shown.value))
        case CredentialKind.QR:
            credential = reading.verify_pass(shown.value)
            if credential is None:
                return PassShown(raw=shown.value, key=shown.value, signed=False)
            return PassShown(raw=sha256(shown.value.encode()).hexdigest(), key=str(credential), signed=True)
        case CredentialKind.PIN:
            digest = reading.digest_pin(shown.value)
            return PinShown(raw=digest, key=digest)
        case CredentialKind.ID_NUMBER:
            raise KindNotTaken("This gate takes plates, permit numbers, cards, QR passes and PINs. Show one of these.")


def read_attempt(request: CheckRequest, asker: Principal, reading: Reading) -> Attempt:
    """Make an attempt of a request.

    What a machine read and fits no plate goes to the guard, who looks at the vehicle; a person who typed it is told at
    once that it is no plate.

    Raises:
        NoPlate, NoCardNumber, NoPermitNumber, KindNotTaken: what was shown cannot be looked up.

    """
    is_typed = request.reader is None
    if is_typed and request.credential.kind is CredentialKind.PLATE:
        require_plate(request.credential.value)
    shown = read_credential(request.credential, reading)
    return Attempt(
        attempt_id=request.attempt_id,
        asker=asker.id,
        asked_by=asker.name,
        gate=GateId(request.gate),
        direction=request.direction,
        shown=shown,
        lane=None if request.lane is None else LaneId(request.lane),
        reader=request.reader,
        media=tuple(request.media),
        occurred_at=request.occurred_at,
    )
