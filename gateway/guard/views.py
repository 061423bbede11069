"""What the guard's page shows of an entry and of who is inside, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Self

from gateway.checks.answers import CheckAnswer
from gateway.checks.circumstances import SECOND_WITHIN
from gateway.checks.shown import PIN_SHOWN
from gateway.entries.answers import OTHER, Settled, TestedOut, Why, settled_of
from gateway.entries.models import Entry
from gateway.passages.models import Opening
from gateway.passages.service import OpenedBecause
from gateway.presence.models import Presence
from gateway.presence.service import ForgivenBecause
from registry.access.facts import CredentialKind, Direction
from registry.clock import Instant
from registry.i18n import Translator
from registry.messages.reasons import Reason, Verdict
from registry.plates.grammar import Plate, parse_plate

SECOND = timedelta(seconds=1)
MAY_BE_BECAUSE: Mapping[Verdict, Sequence[str]] = {
    Verdict.GRANTED: ("identity_checked", "host_confirmed", "on_duty", "delivery", OTHER),
    Verdict.DENIED: ("no_business", "not_identified", "host_refused", "misbehaved", OTHER),
}
"""The reasons that a guard is offered for a decision, in the order of their keys 1 to 5."""
OPENED_BECAUSE = tuple(OpenedBecause)
FORGIVEN_BECAUSE = tuple(ForgivenBecause)
TONES = {Verdict.GRANTED: "good", Verdict.DENIED: "bad", Verdict.REFER: "warn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictView:
    """One entry, as it fills the upper half of the page."""

    entry_id: str
    verdict: Verdict
    reason: Reason
    tone: str
    sentence: str
    advice: str
    """What the guard does: mostly of the reason's own name."""
    kind: CredentialKind
    shown: str
    direction: Direction
    at: Instant
    holder: str | None
    unit: str | None
    photo_url: str | None
    valid_through: Instant | None
    """The last second in which it is valid: what a person means by "until"."""
    waits: bool
    """A refer that nobody has decided."""
    listed_because: str | None
    """Why it is on the deny list, where that is what stopped it."""
    settled: Settled | None
    settled_because: str | None
    """The guard's reason, and what was said beside it; None: nobody decided."""
    may_be_because: Mapping[Verdict, Sequence[str]]
    tested: list[TestedOut]
    let_in: "OpeningView | None"
    """By whom it was let in all the same, though the gate had denied it."""
    may_let_in: bool
    """Who is on the deny list is let in by nobody at a key's touch."""
    seconds_left: int | None
    """For how long the second person is waited for; None: nobody is."""

    @classmethod
    def of(cls, entry: Entry, t: Translator, *, now: Instant, override: Opening | None = None) -> Self:
        answer = CheckAnswer.model_validate_json(entry.answer)
        settled = settled_of(entry)
        verdict = settled.verdict if settled is not None else entry.verdict
        reason = settled.reason if settled is not None else entry.reason
        tested = Why.of(entry).tested
        said = t(f"said.{reason}") if settled is not None else getattr(answer.text, t.language)
        waits = entry.verdict is Verdict.REFER and settled is None
        is_half = waits and reason is Reason.SECOND_PERSON_MISSING
        return cls(
            entry_id=str(entry.id),
            verdict=verdict if override is None else Verdict.GRANTED,
            reason=reason,
            tone=TONES[verdict if override is None else Verdict.GRANTED],
            sentence=said,
            advice=_advice(reason, tested),
            kind=entry.credential_kind,
            shown=shown_as(entry),
            direction=entry.direction,
            at=entry.decided_at,
            holder=entry.holder_name,
            unit=unit_of(entry, t),
            photo_url=answer.holder.photo_url if answer.holder is not None else None,
            valid_through=answer.credential.valid_until - SECOND if answer.credential is not None else None,
            waits=waits,
            listed_because=_listed_because(tested),
            settled=settled,
            settled_because=_because(settled, t) if settled is not None else None,
            may_be_because=MAY_BE_BECAUSE,
            tested=tested,
            let_in=None if override is None else OpeningView.of(override, t),
            may_let_in=entry.verdict is Verdict.DENIED and override is None and reason is not Reason.DENIED_LIST,
            seconds_left=max(0, (entry.decided_at + SECOND_WITHIN - now) // SECOND) if is_half else None,
        )


def _because(settled: Settled, t: Translator) -> str | None:
    """The reason of a page in the reader's language; the API may send any other, which is shown as it is."""
    offered = set(chain.from_iterable(MAY_BE_BECAUSE.values()))
    because = t(f"decision.because.{settled.because}") if settled.because in offered else settled.because
    return _with_words(because, settled.words, t)


def _with_words(because: str | None, words: str | None, t: Translator) -> str | None:
    if because is None or not words:
        return because
    return t("decision.said", because=because, words=words)


def _advice(reason: Reason, tested: Sequence[TestedOut]) -> str:
    """A threat level is a lockdown to the rules, and to the guard it is not."""
    closed = next((one.facts for one in tested if one.rule is Reason.LOCKDOWN and not one.passed), None)
    return "threat_level" if closed is not None and not closed.get("lockdown") else reason


def _listed_because(tested: Sequence[TestedOut]) -> str | None:
    return next((one.facts.get("words") for one in tested if one.rule is Reason.DENIED_LIST and not one.passed), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningView:
    """A lane that somebody opened by hand."""

    id: str
    kind: str
    direction: Direction
    lane: str
    by: str
    at: Instant
    because: str | None
    """None: an emergency that nobody has explained yet."""
    explained_at: Instant | None

    @classmethod
    def of(cls, opening: Opening, t: Translator) -> Self:
        because = None if opening.because is None else t(f"opening.because.{opening.because}")
        return cls(
            id=str(opening.id),
            kind=opening.kind,
            direction=opening.direction,
            lane=opening.lane,
            by=opening.by,
            at=opening.at,
            because=_with_words(because, opening.words, t),
            explained_at=opening.explained_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentView:
    """One line of the last checks."""

    entry_id: str
    verdict: Verdict
    reason: Reason
    tone: str
    shown: str
    is_plate: bool
    holder: str | None
    direction: Direction
    at: Instant
    waits: bool
    let_in: bool
    """By the guard, though the gate had denied it."""

    @classmethod
    def of(cls, entry: Entry, *, let_in: bool = False) -> Self:
        verdict = Verdict.GRANTED if let_in else entry.settled_verdict or entry.verdict
        return cls(
            entry_id=str(entry.id),
            verdict=verdict,
            reason=entry.settled_reason or entry.reason,
            tone=TONES[verdict],
            shown=shown_as(entry),
            is_plate=entry.credential_kind is CredentialKind.PLATE,
            holder=entry.holder_name,
            direction=entry.direction,
            at=entry.decided_at,
            waits=verdict is Verdict.REFER,
            let_in=let_in,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InsideView:
    """One person or vehicle inside."""

    entry_id: str
    shown: str
    is_plate: bool
    holder: str | None
    second_line: str | None
    """The unit; of whom nobody knows, why the guard let them in."""
    since: Instant

    @classmethod
    def of(cls, presence: Presence, entry: Entry, t: Translator) -> Self:
        settled = settled_of(entry)
        return cls(
            entry_id=str(entry.id),
            shown=shown_as(entry),
            is_plate=entry.credential_kind is CredentialKind.PLATE,
            holder=entry.holder_name,
            second_line=unit_of(entry, t) or (_because(settled, t) if settled is not None else None),
            since=presence.since,
        )


def unit_of(entry: Entry, t: Translator) -> str | None:
    """The holder's unit in the reader's language, else in the other."""
    both = (entry.unit_zh, entry.unit_en) if t.language == "zh" else (entry.unit_en, entry.unit_zh)
    return both[0] or both[1]


def shown_as(entry: Entry) -> str:
    """A plate as it stands on the vehicle, a card by its number; a QR pass has nothing to read, and a PIN nobody reads."""
    match entry.credential_kind:
        case CredentialKind.PLATE:
            plate = parse_plate(entry.credential_key)
            return plate.display if isinstance(plate, Plate) else entry.credential_key
        case CredentialKind.QR:
            return "QR"
        case CredentialKind.PIN:
            return PIN_SHOWN
        case _:
            return entry.credential_key
