"""Who may do what: one table, and its print."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from registry.auth.permissions import AT_A_GATE, TABLE, Permission, Role, table_as_text
from registry.auth.principal import ALL, Grant, Principal, common
from registry.ids import GateId, SiteId, UnitId, UserId, new_id
from registry.problems import NotFound

GOLDEN = Path(__file__).parents[2] / "golden" / "permissions.txt"
OC1, OC2 = SiteId("oc1"), SiteId("oc2")


def somebody(*grants: Grant) -> Principal:
    return Principal(id=UserId(new_id()), name="somebody", grants=frozenset(grants))


def test_the_table_is_the_one_that_was_agreed() -> None:
    """`DAYUAN_WRITE_GOLDEN=1` writes it anew; look at the difference before it is committed."""
    if os.environ.get("DAYUAN_WRITE_GOLDEN"):
        GOLDEN.write_text(table_as_text(), encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == table_as_text()


def test_every_role_has_its_line_and_every_permission_a_holder() -> None:
    assert set(TABLE) == set(Role)
    assert set().union(*TABLE.values()) == set(Permission)


def test_priority_1_is_closed_by_the_security_office_alone() -> None:
    assert [role for role in Role if Permission.ALARMS_CLOSE_PRIORITY_1 in TABLE[role]] == [Role.SECURITY_OFFICER]


def test_a_guard_may_check_at_the_own_site_only() -> None:
    guard = somebody(Grant(Role.GUARD, OC1))
    assert guard.may(Permission.GATE_CHECK, OC1)
    assert not guard.may(Permission.GATE_CHECK, OC2)
    assert guard.sites(Permission.GATE_CHECK) == frozenset({OC1})
    assert not guard.holds(Permission.REGISTRY_WRITE)
    guard.require(Permission.GATE_CHECK, OC1)


def test_what_one_may_not_see_is_not_there() -> None:
    with pytest.raises(NotFound):
        somebody(Grant(Role.GUARD, OC1)).require(Permission.GATE_CHECK, OC2)


def test_two_posts_at_two_sites_do_not_mix() -> None:
    both = somebody(Grant(Role.GUARD, OC1), Grant(Role.CLERK, OC2))
    assert both.sites(Permission.GATE_CHECK) == frozenset({OC1})
    assert both.sites(Permission.REGISTRY_WRITE) == frozenset({OC2})


def test_a_grant_everywhere_holds_at_sites_to_come() -> None:
    operator = somebody(Grant(Role.OPERATOR, None))
    assert operator.sites(Permission.ALARMS_READ) is ALL
    assert operator.may(Permission.ALARMS_READ, SiteId("a-new-one"))
    assert operator.sites(Permission.GATE_CHECK) == frozenset()


def test_a_token_never_allows_more_than_its_owner_may() -> None:
    token = {Grant(Role.GUARD, None), Grant(Role.CLERK, OC1)}
    owner = {Grant(Role.GUARD, OC1), Grant(Role.OPERATOR, None)}
    assert common(token, owner) == {Grant(Role.GUARD, OC1)}


NORTH, SOUTH = GateId("oc1-north"), GateId("oc1-south")


def test_who_is_bound_to_a_gate_checks_at_no_other() -> None:
    kiosk = somebody(Grant(Role.KIOSK, OC1, gate=NORTH))
    assert kiosk.holds(Permission.GATE_CHECK)
    assert kiosk.may_at(Permission.GATE_CHECK, OC1, NORTH)
    assert not kiosk.may_at(Permission.GATE_CHECK, OC1, SOUTH)
    assert not kiosk.may_at(Permission.GATE_CHECK, OC2, NORTH)
    assert not kiosk.may(Permission.GATE_CHECK, OC1), "one gate is not the compound"
    assert kiosk.gates(Permission.GATE_CHECK) == {NORTH}
    assert kiosk.gates(Permission.GATE_DECIDE) == frozenset()


def test_who_is_bound_to_a_gate_has_no_say_over_the_compound_whatever_their_roles() -> None:
    bound = somebody(*(Grant(role, OC1, gate=NORTH) for role in Role))
    at_site = {each for each in Permission if bound.may(each, OC1)}
    assert at_site == {
        Permission.PRESENCE_READ,
        Permission.MUSTER_CALL,
        Permission.MEDIA_READ,
        Permission.MEDIA_WRITE,
    }
    assert {each for each in Permission if bound.holds(each)} == at_site | AT_A_GATE
    assert not bound.manages([Grant(Role.GUARD, OC1)])


def test_what_is_held_for_a_unit_is_held_for_no_compound() -> None:
    unit = UnitId(new_id())
    officer = somebody(Grant(Role.UNIT_OFFICER, OC1, unit=unit), Grant(Role.UNIT_OFFICER, OC2))
    assert officer.units(Permission.UNIT_READ) == {(OC1, unit)}
    assert officer.units(Permission.REGISTRY_READ) == frozenset()
    clerk = somebody(Grant(Role.CLERK, OC1, unit=unit))
    assert clerk.sites(Permission.REGISTRY_READ) == frozenset(), "a role that is for no unit is not widened by one"


def test_a_token_has_no_permission_beyond_its_scope() -> None:
    guard = replace(somebody(Grant(Role.GUARD, OC1)), only=frozenset({Permission.ENTRIES_READ}))
    assert [each for each in Permission if guard.holds(each)] == [Permission.ENTRIES_READ]
    assert guard.sites(Permission.GATE_CHECK) == frozenset()
    assert not guard.may_at(Permission.GATE_CHECK, OC1, NORTH)
    assert guard.sites(Permission.ENTRIES_READ) == frozenset({OC1})


def test_a_token_for_a_gate_and_its_owner_s_roles_leave_the_narrower() -> None:
    unit = UnitId(new_id())
    at_gate, at_site = Grant(Role.READER, OC1, gate=NORTH), Grant(Role.READER, None)
    assert common([at_gate], [at_site]) == {at_gate}
    assert common([at_gate], [Grant(Role.READER, OC1, gate=SOUTH)]) == frozenset()
    for_unit = Grant(Role.UNIT_OFFICER, OC1, unit=unit)
    assert common([Grant(Role.UNIT_OFFICER, None)], [for_unit]) == {for_unit}
    assert common([for_unit], [Grant(Role.UNIT_OFFICER, OC1, unit=UnitId(new_id()))]) == frozenset()


def test_a_grant_is_written_so_that_it_can_be_told_from_others() -> None:
    unit = UnitId(new_id())
    grants = [
        Grant(Role.EDGE, OC1),
        Grant(Role.EDGE, OC1, gate=NORTH),
        Grant(Role.EDGE, None),
        Grant(Role.EDGE, OC1, unit=unit),
    ]
    assert list(map(str, grants)) == ["edge@oc1", "edge@oc1 for gate oc1-north", "edge@*", f"edge@oc1 for unit {unit}"]
