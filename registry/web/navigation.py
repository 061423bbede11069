"""The pages of the house, and which of them somebody may open."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from registry.auth.permissions import Permission, Role
from registry.auth.principal import Principal


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the top bar; its name is the text `nav.<key>`."""

    path: str
    key: str
    permission: Permission


PAGES = (
    Page("/gate", "gate", Permission.GATE_CHECK),
    Page("/control-room", "control_room", Permission.ALARMS_READ),
    Page("/patrol", "patrol", Permission.PATROL_SCAN),
    Page("/registry", "registry", Permission.REGISTRY_READ),
)

_HOME = {
    Role.GUARD: "/gate",
    Role.OPERATOR: "/control-room",
    Role.PATROL: "/patrol",
    Role.CLERK: "/registry",
    Role.SECURITY_OFFICER: "/control-room",
    Role.ADMIN: "/registry",
}


def pages_for(principal: Principal, existing: Container[str]) -> Sequence[Page]:
    """The pages that this person may open, of those that exist."""
    return [page for page in PAGES if page.path in existing and principal.holds(page.permission)]


def home_of(principal: Principal, existing: Container[str]) -> str | None:
    """Where this person's work begins; None: there is no page for them."""
    open_to = [page.path for page in pages_for(principal, existing)]
    wanted = (_HOME[role] for role in Role if role in principal.roles and role in _HOME)
    return next((path for path in wanted if path in open_to), open_to[0] if open_to else None)
