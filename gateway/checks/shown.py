"""What is shown at a gate, in the form in which it is looked up."""

from dataclasses import dataclass
from typing import Literal

from registry.access.facts import CredentialKind
from registry.plates.grammar import PlateKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateShown:
    """A number plate, read by a camera or typed. `form` None: the text fits no form that plates have."""

    kind: Literal[CredentialKind.PLATE] = CredentialKind.PLATE
    raw: str
    key: str
    form: PlateKind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardShown:
    """A card held to a reader."""

    kind: Literal[CredentialKind.CARD] = CredentialKind.CARD
    raw: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassShown:
    """A QR pass. `signed` false: the signature is not ours, so nothing it says can be believed and `key` is its text.

    Of a signed one `raw` is only the SHA-256 in hex: whoever reads an entry must not be able to show the pass again.
    """

    kind: Literal[CredentialKind.QR] = CredentialKind.QR
    raw: str
    key: str
    signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitShown:
    """The number of a vehicle permit, that a guard reads from the card behind a windscreen or types."""

    kind: Literal[CredentialKind.PERMIT] = CredentialKind.PERMIT
    raw: str
    key: str


PIN_SHOWN = "••••••"
"""What stands where another credential's key does: nobody reads a PIN, and not which of its two forms was typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinShown:
    """A PIN that was typed: only its keyed digest, in hex. Of one typed under duress it is that of the ordinary one."""

    kind: Literal[CredentialKind.PIN] = CredentialKind.PIN
    raw: str
    key: str


Shown = PlateShown | CardShown | PassShown | PermitShown | PinShown


def key_told(shown: Shown) -> str:
    """The key as people may read it."""
    return PIN_SHOWN if isinstance(shown, PinShown) else shown.key
