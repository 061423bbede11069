"""An attempt at its place, before and after it is decided."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.checks.attempts import Attempt
from gateway.checks.question import Inside, Question
from gateway.checks.rules import Decision
from gateway.checks.shown import PinShown, Shown
from gateway.checks.standing import Schedule
from gateway.circumstances.queries import Recent
from gateway.presence.queries import Subject
from registry.access.facts import CredentialFacts, GateFacts, LaneFacts
from registry.ids import EntryId


@dataclass(slots=True, kw_only=True)
class Asked:
    """An attempt at its place."""

    attempt: Attempt
    shown: Shown
    """What was shown; of a PIN typed under duress it is the ordinary one."""
    is_duress: bool
    subject: Subject
    gate: GateFacts
    lane: LaneFacts
    credential: CredentialFacts | None
    timezone: ZoneInfo
    schedule: Schedule | None


def as_ordinary(shown: Shown, credential: CredentialFacts | None) -> tuple[Shown, bool]:
    """What is decided and kept for what was shown, and whether its holder was forced to: nobody sees a difference."""
    if not isinstance(shown, PinShown) or credential is None or shown.key == credential.key:
        return shown, False
    return PinShown(raw=credential.key, key=credential.key), True


@dataclass(slots=True, kw_only=True)
class Written:
    """A decided attempt, ready to be written down."""

    asked: Asked
    question: Question
    decision: Decision
    entry_id: EntryId
    request_digest: bytes
    answer: str
    beside: Recent | None = None
    """The first of two people, who is let in with this one."""
    beside_was: Inside | None = None
    """Where the first was before."""
    ends_tries: bool = False
    """It was the last of so many wrong PINs that a signal is due."""
