"""The pages of the house, and which of them somebody may open."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from registry.auth.permissions import Permission, Role
from registry.auth.principal import Principal


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the top bar; its name is the text `nav.<key>`. `base`: where it is served, if not here."""

    path: str
    key: str
    permission: Permission
    base: str = ""

    @property
    def href(self) -> str:
        return self.base + self.path


PAGES = (
    Page("/gate", "gate", Permission.GATE_CHECK),
    Page("/control-room", "control_room", Permission.ALARMS_READ),
    Page("/gate/muster", "muster", Permission.PRESENCE_READ),
    Page("/gate/areas", "areas", Permission.AREA_CLOSE),
    Page("/patrol", "patrol", Permission.PATROL_SCAN),
    Page("/registry", "registry", Permission.REGISTRY_READ),
    Page("/registry/unit", "unit", Permission.UNIT_READ),
    Page("/registry/audit", "audit", Permission.AUDIT_READ),
    Page("/system", "system", Permission.SYSTEM_READ),
)

_HOME = {
    Role.GUARD: "/gate",
    Role.OPERATOR: "/control-room",
    Role.PATROL: "/patrol",
    Role.CLERK: "/registry",
    Role.SECURITY_OFFICER: "/control-room",
    Role.UNIT_OFFICER: "/registry/unit",
    Role.AUDITOR: "/registry/audit",
    Role.ADMIN: "/registry",
}


def pages_for(principal: Principal, existing: Container[str], *, public_url: str | None = None) -> Sequence[Page]:
    """The pages that this person may open: those that exist here, and at `public_url`, where all rooms are, the others."""
    allowed = [page for page in PAGES if principal.holds(page.permission)]
    here = [page if page.path in existing else replace(page, base=public_url or "") for page in allowed]
    return [page for page in here if page.path in existing or page.base]


def current_of(pages: Sequence[Page], path: str) -> Page | None:
    """The page of these below which this path lies: `/registry/audit` lies below itself, not below `/registry`."""
    above = [page for page in pages if path == page.path or path.startswith(f"{page.path}/")]
    return max(above, key=lambda page: len(page.path), default=None)


def home_of(principal: Principal, existing: Container[str], *, public_url: str | None = None) -> str | None:
    """Where this person's work begins; None: there is no page for them."""
    open_to = {page.path: page.href for page in pages_for(principal, existing, public_url=public_url)}
    wanted = (_HOME[role] for role in Role if role in principal.roles and role in _HOME)
    first = next((path for path in wanted if path in open_to), None)
    return open_to[first] if first is not None else next(iter(open_to.values()), None)
