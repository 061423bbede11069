"""The number of a vehicle permit is shown at a gate, from the card behind the windscreen."""

from dataclasses import replace

import pytest

from gateway.checks.answers import CredentialShown
from gateway.checks.circumstances import Circumstances
from gateway.checks.credentials import read_credential
from gateway.checks.rules import decide, stands_for, subject_of
from gateway.checks.shown import PassShown, PermitShown
from gateway.checks.snapshot import Snapshot
from gateway.checks.wording import sentence
from gateway.guard.recognition import recognise
from registry.access.facts import CredentialFacts, CredentialKind, CredentialStatus
from registry.ids import CredentialId, derived_id
from registry.messages.reasons import Reason, Verdict
from tests.fakes.clock import NOON
from tests.makers.gateway import OC1, PLATE, a_card, a_deny_entry, a_lane, a_permit, a_question, access_facts, changes

NUMBER = "2026-0001"
SHOWN = PermitShown(raw=NUMBER, key=NUMBER)


class Unread:
    """Nothing is to be read with our keys."""

    def verify_pass(self, text: str) -> CredentialId | None:
        raise AssertionError(text)

    def digest_pin(self, pin: str) -> str:
        raise AssertionError(pin)


class NotOurs(Unread):
    def verify_pass(self, text: str) -> CredentialId | None:
        return None


def shared(plate: str, permit: CredentialFacts) -> CredentialFacts:
    """Another plate of the same permit."""
    return replace(permit, id=CredentialId(derived_id("plate", plate)), key=plate, permit=permit.id)


def test_a_permits_number_lets_its_vehicle_in_where_a_guard_looks_at_the_plate() -> None:
    permit = a_permit()
    assert decide(a_question(SHOWN, permit)).reason is Reason.OK
    unmanned = decide(a_question(SHOWN, permit, lane=a_lane(manned=False)))
    assert (unmanned.verdict, unmanned.reason) == (Verdict.REFER, Reason.PLATE_AMBIGUOUS)
    assert subject_of(SHOWN, permit) == f"plate:{PLATE}"


@pytest.mark.parametrize("kind", [CredentialKind.QR, CredentialKind.PERMIT])
def test_the_code_on_a_windscreen_card_is_the_permits_number_whatever_the_scanner_calls_it(
    kind: CredentialKind,
) -> None:
    assert read_credential(CredentialShown(kind=kind, value=NUMBER), Unread()) == SHOWN


@pytest.mark.parametrize("text", ["2026-0001-0002", "DY1:2026-0001", "https://example.org/2026-0001"])
def test_what_a_code_says_beside_a_number_is_no_permit(text: str) -> None:
    shown = read_credential(CredentialShown(kind=CredentialKind.QR, value=text), NotOurs())
    assert shown == PassShown(raw=text, key=text, signed=False)


def test_where_nobody_sits_a_number_asks_for_a_look_at_the_plate() -> None:
    question = a_question(SHOWN, a_permit(), lane=a_lane(manned=False))
    assert "核对车牌" in sentence("zh", question, decide(question))
    assert NUMBER in sentence("en", question, decide(question))


def test_an_old_number_is_refused_and_the_new_one_is_named() -> None:
    lost = replace(a_permit(status=CredentialStatus.REPLACED), replaced_by="2026-0123")
    question = a_question(SHOWN, lost, lane=a_lane(manned=False))
    decision = decide(question)
    assert (decision.verdict, decision.reason) == (Verdict.DENIED, Reason.REPORTED_LOST)
    assert "补办 2026-0123" in sentence("zh", question, decision)
    assert "2026-0123" in sentence("en", question, decision)


def test_a_number_is_looked_up_whatever_plates_the_permit_has() -> None:
    permit = replace(a_permit(), permit=a_permit().id)
    second = shared("鄂E54321", permit)
    known = Snapshot.of(access_facts(permit, second))
    assert known.with_key(CredentialKind.PERMIT, NUMBER) == (permit,)
    assert known.with_key(CredentialKind.PLATE, "鄂E54321") == (second,)
    later = known.apply(changes(replace(permit, permit_number="2026-0002")))
    assert later.with_key(CredentialKind.PERMIT, NUMBER) == ()
    assert later.with_key(CredentialKind.PERMIT, "2026-0002") != ()
    assert known.apply(changes(removed=[second.id])).with_key(CredentialKind.PLATE, "鄂E54321") == ()


def test_the_deny_list_knows_the_plate_for_which_a_number_stands() -> None:
    permit, line = a_permit(), a_deny_entry()
    known = Snapshot.of(access_facts(permit, denied=(line,)))
    denied = known.denied_with_key(*stands_for(SHOWN, permit))
    assert decide(a_question(SHOWN, permit, denied=denied)).reason is Reason.DENIED_LIST


def test_an_unknown_number_is_the_guards_matter() -> None:
    assert decide(a_question(SHOWN, None)).reason is Reason.UNKNOWN_CREDENTIAL


@pytest.mark.parametrize(
    ("typed", "known", "kind"),
    [
        (" 2026-0001", (), CredentialKind.PERMIT),
        ("2026-0001", (a_card("20260001"),), CredentialKind.CARD),
        ("20260001", (), CredentialKind.CARD),
    ],
)
def test_a_guards_field_knows_a_permits_number(
    typed: str, known: tuple[CredentialFacts, ...], kind: CredentialKind
) -> None:
    shown = recognise(typed, Snapshot.of(access_facts(*known)), OC1, NOON)
    assert getattr(shown, "kind", None) is kind


@pytest.mark.parametrize("is_manned", [True, False])
def test_a_number_beside_another_vehicles_plate_is_for_the_guard_to_look_at(*, is_manned: bool) -> None:
    """Also where something else is wrong with the permit: who shows it may have taken it."""
    other = Circumstances(plate_read="鄂E99999", plate_is_the_permits=False)
    for permit in (a_permit(), a_permit(status=CredentialStatus.REVOKED)):
        question = replace(a_question(SHOWN, permit, lane=a_lane(manned=is_manned)), circumstances=other)
        decision = decide(question)
        assert (decision.verdict, decision.reason) == (Verdict.REFER, Reason.PLATE_MISMATCH)
        assert "鄂E·99999" in sentence("zh", question, decision)
        assert NUMBER in sentence("en", question, decision)


def test_where_nobody_sits_a_number_is_enough_if_the_camera_reads_its_plate() -> None:
    for plate, reason in ((PLATE, Reason.OK), ("鄂E54321", Reason.PLATE_AMBIGUOUS)):
        seen = Circumstances(plate_read=plate)
        question = replace(a_question(SHOWN, a_permit(), lane=a_lane(manned=False)), circumstances=seen)
        assert decide(question).reason is reason
