"""`/registry/users`: who may sign in, and adding somebody."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from registry.auth import changing_password, service
from registry.auth.listing import listed_users
from registry.auth.permissions import Role
from registry.listing import Words
from registry.office.reach import Manager, Reach
from registry.office.scene import PAGE_ROWS, scene_of
from registry.office.user import grant_of_form, user_page
from registry.sites.queries import all_sites
from registry.units.queries import all_units
from registry.web.dependencies import RegistryReading, RegistryWork, TheParts
from registry.web.pages import page

router = APIRouter(prefix="/registry/users", include_in_schema=False)


class NewUserForm(BaseModel):
    """`site` `*`: all compounds; `unit`: for a unit's officer."""

    name: str = Field(max_length=60)
    role: Role
    site: str = Field(max_length=40)
    unit: UUID | Literal[""] = ""


@router.get("")
def users_page(
    *,
    request: Request,
    manager: Manager,
    work: RegistryReading,
    q: Words = "",
    role: Role | Literal[""] = "",
    cursor: Annotated[str, Field(max_length=60)] = "",
) -> HTMLResponse:
    rows = listed_users(
        work.session,
        within=Reach.of(manager).sites,
        words=q,
        role=role or None,
        after=cursor or None,
        limit=PAGE_ROWS + 1,
    )
    return page(
        request,
        "registry/users.html",
        tab="users",
        q=q,
        role=role,
        roles=list(Role),
        rows=rows[:PAGE_ROWS],
        following=rows[PAGE_ROWS - 1].name if len(rows) > PAGE_ROWS else None,
        sites={site.id: site for site in all_sites(work.session)},
        scene=scene_of(work.session, manager, work.now),
    )


@router.get("/new")
def new_user_page(request: Request, manager: Manager, work: RegistryReading) -> HTMLResponse:
    reach = Reach.of(manager)
    sites = all_sites(work.session)
    return page(
        request,
        "registry/user_new.html",
        tab="users",
        roles=list(Role),
        sites={site.id: site for site in sites},
        own_sites=[site for site in sites if reach.sites is None or site.id in reach.sites],
        answers_for_all=reach.sites is None,
        units={unit.id: unit for unit in all_units(work.session)},
        scene=scene_of(work.session, manager, work.now),
    )


@router.post("")
def add_user(
    request: Request, manager: Manager, work: RegistryWork, parts: TheParts, form: Annotated[NewUserForm, Form()]
) -> HTMLResponse:
    """Answers with the user's page: the drawn password stands on it this once."""
    grant = grant_of_form(work.session, manager, form.role, form.site, form.unit)
    drawn = changing_password.drawn_password()
    user_id = service.add_user(
        work.session,
        name=form.name,
        password=drawn,
        grants=[grant],
        now=work.now,
        actor=manager.name,
        words=parts.password_words(work.session),
    )
    changing_password.make_temporary(work.session, form.name, now=work.now)
    return user_page(request, manager, work, parts, user_id, password=drawn)
