"""Who may do what: one table, and its print."""

import os
from pathlib import Path

import pytest

from registry.auth.permissions import TABLE, Permission, Role, table_as_text
from registry.auth.principal import ALL, Grant, Principal, common
from registry.ids import SiteId, UserId, new_id
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
