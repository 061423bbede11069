"""The roll of all credentials gives back what was entered in it."""

from registry.access.facts import CredentialKind, GateRights
from registry.access.roll import Roll
from registry.ids import CredentialId, new_id
from tests.makers.gateway import a_card, a_permit


def test_what_is_entered_comes_out_the_same() -> None:
    credentials = (a_card("1111"), a_card("2222"), a_permit(year=2025), a_permit(year=2026))
    roll = Roll.of(credentials)
    assert tuple(roll) == credentials
    assert [roll.facts(row) for row in map(roll.row, (one.id for one in credentials)) if row is not None] == list(roll)
    assert roll.row(new_id()) is None


def test_of_several_with_one_id_the_last_counts() -> None:
    first, last = a_card("1111"), a_permit()
    roll = Roll.of((first, last, first))
    assert len(roll) == 2


def test_of_one_credential_there_is_one_object_as_long_as_it_is_held() -> None:
    roll = Roll.of((a_card(),))
    held = roll.facts(0)
    assert roll.facts(0) is held


def test_permits_of_one_plate_stand_in_several_rows_under_it() -> None:
    roll = Roll.of((a_permit(year=2025), a_permit(year=2026)))
    rows = roll.rows(CredentialKind.PLATE, roll.key(0))
    assert {roll.facts(row).permit_year for row in rows} == {2025, 2026}
    assert roll.rows(CredentialKind.CARD, roll.key(0)) == ()


def test_nobody_of_whom_nothing_is_asked_stands_among_those_with_rights() -> None:
    roll = Roll.of((a_card(),))
    assert roll.with_rights() == {}
    assert roll.rights(0) == GateRights()
    assert CredentialId(roll.id(0)) == a_card().id
