"""Whether somebody or something may pass: pure, without a clock and without a store.

The order of the tests is the order of CONTRACT 3; the first that fails is the reason told. The barrier's hardware
release in a fire does not depend on us.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from gateway.checks.question import Inside, Question
from gateway.checks.shown import PassShown, PermitShown, PlateShown, Shown, key_told
from gateway.checks.situation import SITUATION, is_not_inside
from gateway.checks.standing import STANDING
from registry.access.facts import CredentialFacts, CredentialKind, DenyEntry, Direction
from registry.clock import Instant
from registry.ids import AreaId, EntryId, SiteId
from registry.messages.reasons import Reason, Verdict
from registry.plates.grammar import PlateKind

EMERGENCY_PLATES = frozenset({PlateKind.POLICE, PlateKind.EMERGENCY})
"""Police, fire engines and ambulances: they pass with a record and no permit rule holds them up."""


class Tested(NamedTuple):
    """One rule that was tested, what it looked at, and whether it was satisfied."""

    rule: Reason
    passed: bool
    facts: Mapping[str, object]


class Decision(NamedTuple):
    """What the gate is told."""

    verdict: Verdict
    reason: Reason


def decide(question: Question) -> Decision:
    """Decide one attempt."""
    return _decided(question, None)


def explain(question: Question) -> tuple[Tested, ...]:
    """Decide it again, and give every rule that was tested, in order, with what it looked at.

    It is asked for when somebody wants to know why, so a gate does not wait for it.
    """
    trace: list[Tested] = []
    _decided(question, trace)
    return tuple(trace)


def _decided(question: Question, trace: list[Tested] | None) -> Decision:
    return decided_by_sight(question, trace) or _decided_by_credential(question, trace)


def decided_by_sight(question: Question, trace: list[Tested] | None = None) -> Decision | None:
    """Decide by what is shown alone; None: that depends on the credential."""
    shown = question.shown
    line = line_in_force(question.denied, question.site, question.now)
    if line is not None:
        _note(
            trace,
            Reason.DENIED_LIST,
            passed=False,
            key=key_told(shown),
            words=line.words,
            listed_until=line.valid_until,
        )
        return Decision(Verdict.DENIED, Reason.DENIED_LIST)
    _note(trace, Reason.DENIED_LIST, passed=True, key=key_told(shown))
    if isinstance(shown, PassShown) and not _note(
        trace, Reason.BAD_SIGNATURE, passed=shown.signed, signed=shown.signed
    ):
        return Decision(Verdict.DENIED, Reason.BAD_SIGNATURE)
    if isinstance(shown, PlateShown):
        if shown.form in EMERGENCY_PLATES:
            _note(trace, Reason.OK_EMERGENCY, passed=True, plate_kind=shown.form)
            return Decision(Verdict.GRANTED, Reason.OK_EMERGENCY)
        if shown.form is None:
            # What is no plate cannot be looked up, so nothing is known of whether it is an unknown one.
            _note(trace, Reason.PLATE_AMBIGUOUS, passed=False, text=shown.raw)
            return Decision(Verdict.REFER, Reason.PLATE_AMBIGUOUS)
    return None


def _decided_by_credential(question: Question, trace: list[Tested] | None) -> Decision:
    credential, manned = question.credential, question.lane.manned
    key = key_told(question.shown)
    _note(trace, Reason.UNKNOWN_CREDENTIAL, passed=credential is not None, key=key, lane_manned=manned)
    if credential is None:
        return Decision(Verdict.REFER if manned else Verdict.DENIED, Reason.UNKNOWN_CREDENTIAL)
    here = question.circumstances
    if here.plate_read is not None and not _note(
        trace, Reason.PLATE_MISMATCH, passed=here.plate_is_the_permits, plate_read=here.plate_read
    ):
        return Decision(Verdict.REFER, Reason.PLATE_MISMATCH)
    for rule in STANDING:
        passed = rule.holds(credential, question)
        if trace is not None:
            trace.append(Tested(rule.reason, passed, rule.facts_of(credential, question)))
        if not passed:
            return Decision(Verdict.DENIED, rule.reason)
    return decided_by_situation(credential, question, trace)


def decided_by_situation(
    credential: CredentialFacts, question: Question, trace: list[Tested] | None = None
) -> Decision:
    """Decide on a credential with which nothing is wrong by itself."""
    if isinstance(question.shown, PermitShown):
        manned, plate = question.lane.manned, question.circumstances.plate_read
        is_seen = manned or plate == credential.key
        if not _note(trace, Reason.PLATE_AMBIGUOUS, passed=is_seen, lane_manned=manned, plate_read=plate):
            # A number is no proof: somebody must look whether the plate is the permit's, or the lane's camera.
            return Decision(Verdict.REFER, Reason.PLATE_AMBIGUOUS)
    for situation in SITUATION:
        passed = situation.holds(credential, question)
        if trace is not None:
            trace.append(Tested(situation.reason, passed, situation.facts_of(credential, question)))
        if not passed:
            return Decision(situation.verdict, situation.reason)
    if is_not_inside(question):
        return Decision(Verdict.GRANTED, Reason.OK)
    return Decision(Verdict.GRANTED, Reason.OK_SOFT_PASSBACK)


def _note(trace: list[Tested] | None, rule: Reason, *, passed: bool, **facts: object) -> bool:
    if trace is not None:
        trace.append(Tested(rule, passed, facts))
    return passed


def subject_of(shown: Shown, credential: CredentialFacts | None) -> str:
    """Name whom or what is counted: a person once, however many cards; a vehicle by its plate."""
    if isinstance(shown, PermitShown):
        kind, key = stands_for(shown, credential)
        return f"{kind}:{key}"
    if not isinstance(shown, PlateShown) and credential is not None and credential.holder is not None:
        return person_subject(credential.holder.id)
    return f"{shown.kind}:{shown.key}"


def stands_for(shown: Shown, credential: CredentialFacts | None) -> tuple[CredentialKind, str]:
    """What is looked for on the deny list and counted: a permit's number stands for its plate."""
    if isinstance(shown, PermitShown) and credential is not None:
        return credential.kind, credential.key
    return shown.kind, shown.key


@lru_cache(10_000)
def person_subject(person: UUID) -> str:
    return f"person:{person}"


def inside_after(
    direction: Direction, area: AreaId, now: Instant, entry: EntryId, *, out_is_inside: bool
) -> Inside | None:
    """Where one is counted after passing into `area` by this entry; None: outside, where nobody is counted.

    `out_is_inside`: the lane's; who goes out of a room of the compound is still in the compound.
    """
    return Inside(area=area, since=now, entry=entry) if direction is Direction.IN or out_is_inside else None


def line_in_force(lines: Iterable[DenyEntry], site: SiteId, now: Instant) -> DenyEntry | None:
    """Find the first of these lines of the deny list that stops somebody here and now."""
    for line in lines:
        here = line.sites is None or site in line.sites
        if here and (line.valid_until is None or now < line.valid_until):
            return line
    return None
