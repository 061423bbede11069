"""Which pages somebody may open: here, and where services run apart, at the address of all rooms."""

import pytest

from registry.auth.permissions import Role
from registry.auth.principal import Grant, Principal
from registry.ids import SiteId, UserId, new_id
from registry.web.navigation import current_of, home_of, pages_for

ALL = "https://dayuan.example"
HERE = frozenset({"/gate", "/system"})


def somebody(role: Role) -> Principal:
    return Principal(id=UserId(new_id()), name=role, grants=frozenset({Grant(role, SiteId("oc1"))}))


def test_a_service_alone_names_its_own_pages_only() -> None:
    assert [page.href for page in pages_for(somebody(Role.OPERATOR), HERE)] == ["/system"]
    assert home_of(somebody(Role.OPERATOR), HERE) == "/system"
    assert home_of(somebody(Role.CLERK), HERE) is None


def test_behind_a_proxy_the_pages_of_the_other_services_are_named_at_its_address() -> None:
    pages = pages_for(somebody(Role.OPERATOR), HERE, public_url=ALL)
    assert [page.href for page in pages] == [
        f"{ALL}/control-room",
        f"{ALL}/gate/muster",
        f"{ALL}/gate/areas",
        "/system",
    ]


@pytest.mark.parametrize(
    ("role", "home"),
    [(Role.GUARD, "/gate"), (Role.OPERATOR, f"{ALL}/control-room"), (Role.CLERK, f"{ALL}/registry")],
)
def test_who_signs_in_at_one_service_is_led_to_the_page_of_their_work(role: Role, home: str) -> None:
    assert home_of(somebody(role), HERE, public_url=ALL) == home


@pytest.mark.parametrize(
    ("path", "current"),
    [("/registry/audit", "audit"), ("/registry/people/1", "registry"), ("/registry", "registry"), ("/account", None)],
)
def test_one_page_of_the_bar_is_where_one_is(path: str, current: str | None) -> None:
    pages = pages_for(somebody(Role.SECURITY_OFFICER), {"/registry", "/registry/audit", "/control-room"})
    found = current_of(pages, path)
    assert (found.key if found else None) == current
