"""`/registry/users/{id}`: one user's roles, password, second factor, sessions and tokens."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from registry.auth import changing_password, queries, service, sessions
from registry.auth.entry import queries as entry
from registry.auth.factor import queries as factors
from registry.auth.factor import service as factor
from registry.auth.listing import last_seen
from registry.auth.models import EVERYWHERE
from registry.auth.outside import queries as outside_queries
from registry.auth.outside import service as outside
from registry.auth.permissions import TABLE, Permission, Role
from registry.auth.principal import Grant, Principal, at_gate, is_machine
from registry.ids import GateId, SessionId, SiteId, UnitId, UserId
from registry.office.reach import Manager, OwnAccount, Reach, managed_user, seen_user
from registry.office.scene import day_ends, go, scene_of
from registry.problems import Forbidden, NotFound, Unprocessable
from registry.sites.queries import all_sites, gates, require_sites, zone_of
from registry.store import Work
from registry.units.queries import all_units, require_unit
from registry.web.dependencies import RegistryReading, RegistryWork, TheParts
from registry.web.pages import page
from registry.web.parts import Parts

router = APIRouter(prefix="/registry/users/{user_id}", include_in_schema=False)
_TOKEN_DAYS = 365
"""Proposed as the end of a token."""


class NotYourRole(Forbidden):
    slug = "not-your-role"
    title = "You give and take roles at your own compounds only"


class GateElsewhere(Unprocessable):
    slug = "gate-elsewhere"
    title = "The user may do nothing at this gate"


class GateMissing(Unprocessable):
    slug = "gate-missing"
    title = "A machine stands at one gate"


class Done(StrEnum):
    """What was done a moment ago; the page says so, and how to undo it."""

    DISABLED = "disabled"
    ENABLED = "enabled"
    GIVEN = "given"
    TAKEN = "taken"
    SESSIONS = "sessions"
    FACTOR = "factor"
    UNLINKED = "unlinked"
    TOKEN = "token"  # noqa: S105 - a word of the catalogue


class GrantForm(BaseModel):
    """`site` and `unit`: `*` and empty are all of them."""

    role: Role
    site: str = Field(max_length=40)
    unit: UUID | Literal[""] = ""


class TokenForm(BaseModel):
    """`scope`: nothing but these permissions; none chosen: all that the user holds. `last_day` empty: no end."""

    name: str = Field(min_length=1, max_length=60)
    gate: str = Field(default="", max_length=40)
    scope: list[Permission] = Field(default_factory=list)
    last_day: date | Literal[""] = ""


class ChangedGrant(BaseModel):
    """The role that was given or taken a moment ago, in the address of the page that says so."""

    done: Done | None = None
    role: Role | None = None
    site: str = Field(default="", max_length=40)
    unit: UUID | Literal[""] = ""


@router.get("")
def show_user(
    *,
    request: Request,
    user_id: UUID,
    manager: Manager,
    work: RegistryReading,
    parts: TheParts,
    changed: Annotated[ChangedGrant, Query()],
) -> HTMLResponse:
    return user_page(request, manager, work, parts, UserId(user_id), changed=changed)


@router.post("/{change}")
def switch_user(
    user_id: UUID, change: Literal["disabling", "enabling"], manager: Manager, work: RegistryWork
) -> RedirectResponse:
    user = managed_user(work.session, manager, UserId(user_id))
    switch = service.disable_user if change == "disabling" else service.enable_user
    switch(work.session, name=user.name, now=work.now, actor=manager.name)
    return _to(user_id, Done.DISABLED if change == "disabling" else Done.ENABLED)


@router.post("/grants/giving")
def give_grant(
    user_id: UUID, manager: Manager, work: RegistryWork, form: Annotated[GrantForm, Form()]
) -> RedirectResponse:
    return _change_grants(work, manager, UserId(user_id), form, is_given=True)


@router.post("/grants/taking")
def take_grant(
    user_id: UUID, manager: Manager, work: RegistryWork, form: Annotated[GrantForm, Form()]
) -> RedirectResponse:
    return _change_grants(work, manager, UserId(user_id), form, is_given=False)


@router.post("/password/reset")
def reset_password(request: Request, user_id: UUID, manager: Manager, parts: TheParts) -> HTMLResponse:
    """Answers with the user's page: the drawn password stands on it this once."""
    drawn = changing_password.drawn_password()
    new = changing_password.reset_hash(drawn)
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        user = managed_user(work.session, manager, UserId(user_id))
        changing_password.reset(work.session, user, new, by=manager.name, now=work.now)
        return user_page(request, manager, work, parts, UserId(user_id), password=drawn)


@router.post("/second-factor/removal")
def remove_factor(user_id: UUID, manager: Manager, work: RegistryWork) -> RedirectResponse:
    user = managed_user(work.session, manager, UserId(user_id))
    factor.remove(work.session, user, by=manager.name, now=work.now)
    return _to(user_id, Done.FACTOR)


@router.post("/provider/unlinking")
def unlink(user_id: UUID, manager: Manager, work: RegistryWork) -> RedirectResponse:
    outside.unlink(work.session, managed_user(work.session, manager, UserId(user_id)), by=manager.name, now=work.now)
    return _to(user_id, Done.UNLINKED)


@router.post("/sessions/all/end")
def end_sessions(user_id: UUID, manager: Manager, work: RegistryWork) -> RedirectResponse:
    user = managed_user(work.session, manager, UserId(user_id))
    sessions.end_others(work.session, UserId(user.id), keep=None, now=work.now, by=manager.name)
    return _to(user_id, Done.SESSIONS)


@router.post("/sessions/{session_id}/end")
def end_session(user_id: UUID, session_id: UUID, manager: Manager, work: RegistryWork) -> RedirectResponse:
    user = managed_user(work.session, manager, UserId(user_id))
    sessions.end_one(work.session, SessionId(session_id), now=work.now, by=manager.name, of=UserId(user.id))
    return _to(user_id, Done.SESSIONS)


@router.post("/tokens/new")
def add_token(
    *,
    request: Request,
    user_id: UUID,
    manager: Manager,
    work: RegistryWork,
    parts: TheParts,
    form: Annotated[TokenForm, Form()],
) -> HTMLResponse:
    """Answers with the user's page: the token stands on it this once."""
    user = managed_user(work.session, manager, UserId(user_id))
    held = queries.grants_of(work.session, user.id)
    scope = frozenset(form.scope)
    token = service.add_token(
        work.session,
        name=form.name,
        grants=_at_gate(work.session, held, form.gate),
        owner=user.name,
        only=scope or None,
        ends_at=day_ends(form.last_day, zone_of(work.session)) if isinstance(form.last_day, date) else None,
        now=work.now,
        actor=manager.name,
    )
    return user_page(request, manager, work, parts, UserId(user_id), token=token)


@router.post("/tokens/{token_id}/revocation")
def revoke_token(user_id: UUID, token_id: UUID, manager: Manager, work: RegistryWork) -> RedirectResponse:
    user = managed_user(work.session, manager, UserId(user_id))
    token = queries.token_by_id(work.session, token_id)
    if token is None or token.owner_id != user.id:
        raise NotFound
    service.revoke_token(work.session, token_id=token_id, now=work.now, actor=manager.name)
    return _to(user_id, Done.TOKEN)


def grant_of_form(session: Session, manager: Principal, role: Role, site: str, unit: UUID | str) -> Grant:
    """The role that a form names.

    Raises:
        NotYourRole: it lies at a compound that the manager does not answer for.
        NoSuchSite: there is none.
        NoSuchUnit: there is none.

    """
    grant = Grant(
        role,
        None if site == EVERYWHERE else SiteId(site),
        unit=UnitId(unit) if role is Role.UNIT_OFFICER and isinstance(unit, UUID) else None,
    )
    if not Reach.of(manager).gives(grant):
        raise NotYourRole
    if grant.site is not None:
        require_sites(session, {grant.site})
    require_unit(session, grant.unit)
    return grant


def user_page(
    request: Request,
    manager: Principal,
    work: Work,
    parts: Parts,
    user_id: UserId,
    *,
    changed: ChangedGrant | None = None,
    password: str | None = None,
    token: str | None = None,
) -> HTMLResponse:
    """A user's page; `password`, `token`: drawn a moment ago, to be shown this once."""
    session, now = work.session, work.now
    user, grants = seen_user(session, manager, user_id)
    reach = Reach.of(manager)
    row = factors.factor(session, user.id)
    sites = all_sites(session)
    scene = scene_of(session, manager, now)
    is_self = user.id == manager.id
    at_sites = {site.id for site in sites if any(grant.site in {None, site.id} for grant in grants)}
    return page(
        request,
        "registry/user.html",
        headers={"Cache-Control": "no-store", "HX-Push-Url": f"/registry/users/{user.id}"},
        tab="users",
        person=user,
        grants=sorted(grants, key=str),
        gives=reach.gives,
        changed=changed or ChangedGrant(),
        password=password,
        token=token,
        is_self=is_self,
        may_change=reach.rules(grants) and not is_self,
        is_temporary=entry.is_password_temporary(session, user.id),
        seen_at=last_seen(session, [user.id]).get(user.id),
        factor_since=row.confirmed_at if row is not None else None,
        is_linked=outside_queries.is_linked(session, user.id),
        provider=parts.provider.name if parts.provider is not None else None,
        live_sessions=sessions.live_sessions(session, now=now, of=UserId(user.id)),
        tokens=[each for each, owner in queries.live_tokens(session) if owner == user.name],
        gates=gates(session, at_sites),
        is_machine=is_machine(grants),
        held=sorted({permission for grant in grants for permission in TABLE[grant.role]}),
        proposed_day=scene.today + timedelta(days=_TOKEN_DAYS),
        roles=list(Role),
        sites={site.id: site for site in sites},
        own_sites=[site for site in sites if reach.sites is None or site.id in reach.sites],
        answers_for_all=reach.sites is None,
        units={unit.id: unit for unit in all_units(session)},
        scene=scene,
    )


def _change_grants(
    work: Work, manager: Principal, user_id: UserId, form: GrantForm, *, is_given: bool
) -> RedirectResponse:
    user, held = seen_user(work.session, manager, user_id)
    if user.id == manager.id:
        raise OwnAccount
    grant = grant_of_form(work.session, manager, form.role, form.site, form.unit)
    wanted = held | {grant} if is_given else held - {grant}
    if wanted != held:
        service.set_grants(work.session, name=user.name, grants=wanted, now=work.now, actor=manager.name)
    if not Reach.of(manager).sees(wanted):
        return go("/registry/users")  # they work elsewhere only, now
    done = Done.GIVEN if is_given else Done.TAKEN
    return _to(user_id, done, f"&role={grant.role}&site={grant.site or EVERYWHERE}&unit={grant.unit or ''}")


def _at_gate(session: Session, held: frozenset[Grant], name: str) -> frozenset[Grant]:
    """What of these roles holds at the gate; without one all of them, but a machine stands at one."""
    if not name:
        if is_machine(held):
            raise GateMissing
        return held
    gate = next((gate for gate in gates(session, {site.id for site in all_sites(session)}) if gate.id == name), None)
    bound = at_gate(held, GateId(gate.id), gate.site) if gate is not None else frozenset()
    if not bound:
        raise GateElsewhere
    return bound


def _to(user_id: UUID, done: Done, more: str = "") -> RedirectResponse:
    return go(f"/registry/users/{user_id}?done={done}{more}")
