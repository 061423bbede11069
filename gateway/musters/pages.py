"""`/gate/muster`: who may be inside; `/gate/musters/…`: calling them over."""

from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field, model_validator

from gateway.checks.answers import Name
from gateway.dependencies import GatewayReading, GatewayWork, TheDesk
from gateway.desk import Desk
from gateway.musters import queries, service
from gateway.musters.answers import Words, by_name, counts_of
from gateway.musters.api import MusterCaller, PresenceReader, known_to, muster_for
from gateway.musters.models import Because, Mark, Muster
from gateway.musters.queries import Wanted
from gateway.musters.views import LimitView, LineView, Names
from gateway.presence import service as presence
from gateway.presence.lines import who_is_inside
from gateway.presence.looks import note_look
from gateway.presence.rules import Kind
from gateway.presence.service import ForgivenBecause
from gateway.presence.wording import timezone_of
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import AreaId, SiteId
from registry.sites.gates import areas_of
from registry.sites.queries import all_sites
from registry.store import Work
from registry.web.dependencies import RegistryReading
from registry.web.pages import page, translator_of

router = APIRouter(prefix="/gate", include_in_schema=False)

CALLED_AT_ONCE = 60
"""Lines of a roll call that a page shows; the next come when these are called."""
MY_LAST = 5
EARLIER = 10
EVERYWHERE = "*"


@router.get("/muster", response_model=None)
def muster_page(  # noqa: PLR0917 - a route: nobody calls it by position
    request: Request,
    reader: PresenceReader,
    desk: TheDesk,
    work: GatewayReading,
    register: RegistryReading,
    site: Annotated[str, Query(max_length=40)] = "",
    forgiven: Annotated[int | None, Query(ge=0, le=1_000_000)] = None,
) -> HTMLResponse | RedirectResponse:
    """Everybody who may be inside a compound; without one, the compounds to choose from."""
    sites = [each for each in all_sites(register.session) if reader.may(Permission.PRESENCE_READ, each.id)]
    if not site:
        if len(sites) == 1:
            return RedirectResponse(f"/gate/muster?site={sites[0].id}", status_code=303)
        return page(request, "gateway/muster/choose.html", sites=sites)
    where = SiteId(site)
    reader.require(Permission.PRESENCE_READ, where)
    snapshot, names = known_to(desk), _names(request, desk, register, where)
    inside = who_is_inside(work.session, snapshot, where, work.now)
    note_look(desk.store, where, reader.name, work.now)
    opened = queries.open_at(work.session, where)
    return page(
        request,
        "gateway/muster/list.html",
        site=where,
        sites=sites,
        timezone=timezone_of(snapshot, where).key,
        at=inside.at,
        counts=counts_of(inside.lines),
        units=by_name((line.unit_zh or line.unit_en, line) for line in inside.lines),
        areas=by_name((line.area or None, line) for line in inside.lines),
        names=names,
        lines=[LineView.of(number, line, inside, names) for number, line in enumerate(inside.lines, 1)],
        limits=[LimitView.of(kind, limit) for kind, limit in inside.limits.items()],
        opened=opened,
        progress=None if opened is None else queries.counts(work.session, opened.id),
        earlier=[
            (muster, queries.counts(work.session, muster.id))
            for muster in queries.newest(work.session, where, limit=EARLIER)
        ],
        reasons=list(Because),
        forgiving=list(ForgivenBecause),
        forgiven=forgiven,
        may_call=reader.may(Permission.MUSTER_CALL, where),
        may_forgive=reader.may(Permission.PRESENCE_FORGIVE, where),
        may_limit=reader.may(Permission.PRESENCE_LIMIT, where),
    )


class MusterForm(BaseModel):
    """Why a compound is called over."""

    site: Name
    because: Because
    words: Words = ""


@router.post("/musters")
def open_muster(
    caller: MusterCaller, desk: TheDesk, work: GatewayWork, asked: Annotated[MusterForm, Form()]
) -> RedirectResponse:
    """Begin to call a compound over."""
    where = SiteId(asked.site)
    caller.require(Permission.MUSTER_CALL, where)
    muster = service.open_muster(
        work.session, known_to(desk), where, by=caller.name, because=asked.because, words=asked.words, now=work.now
    )
    return _to(muster)


class Filters(BaseModel):
    """Which lines of a roll call are shown; `whole`: all of them at once, to be printed."""

    show: Literal["waiting", "all", "safe", "missing", "not_inside"] = "waiting"
    q: Annotated[str, Field(max_length=60)] = ""
    whole: bool = False

    def wanted(self, limit: int) -> Wanted:
        mark = Mark(self.show) if self.show in set(Mark) else None
        return Wanted(waiting_only=self.show == "waiting", mark=mark, words=self.q.strip(), limit=limit)


@router.get("/musters/{muster_id}")
def roll_page(  # noqa: PLR0917 - a route: nobody calls it by position
    request: Request,
    muster_id: UUID,
    reader: PresenceReader,
    desk: TheDesk,
    work: GatewayReading,
    register: RegistryReading,
    shown: Annotated[Filters, Query()],
) -> HTMLResponse:
    """One muster; what of it changes is asked for again every few seconds while it is open."""
    muster = muster_for(work, muster_id, reader, Permission.PRESENCE_READ)
    note_look(desk.store, muster.site, reader.name, work.now)
    is_part = "HX-Request" in request.headers
    return _roll(request, muster, shown=shown, reader=reader, desk=desk, work=work, register=register, part=is_part)


class MarkForm(BaseModel):
    """A line and what was found; nothing takes it back."""

    line: Annotated[int, Field(ge=1, le=1_000_000)]
    mark: Mark | None = None
    show: Literal["waiting", "all", "safe", "missing", "not_inside"] = "waiting"
    q: Annotated[str, Field(max_length=60)] = ""


@router.post("/musters/{muster_id}/marks")
def mark(  # noqa: PLR0917 - a route: nobody calls it by position
    request: Request,
    muster_id: UUID,
    caller: MusterCaller,
    desk: TheDesk,
    work: GatewayWork,
    register: RegistryReading,
    form: Annotated[MarkForm, Form()],
) -> HTMLResponse:
    """Say what was found of one; the list as it is now comes back."""
    muster = muster_for(work, muster_id, caller, Permission.MUSTER_CALL)
    service.mark(work.session, muster, [form.line], form.mark, by=caller.name, now=work.now)
    shown = Filters(show=form.show, q=form.q)
    return _roll(request, muster, shown=shown, reader=caller, desk=desk, work=work, register=register, part=True)


class ClosingForm(BaseModel):
    """What is to be remembered of a muster."""

    words: Words = ""


@router.post("/musters/{muster_id}/closing")
def close(
    muster_id: UUID, caller: MusterCaller, work: GatewayWork, asked: Annotated[ClosingForm, Form()]
) -> RedirectResponse:
    """End a muster."""
    muster = muster_for(work, muster_id, caller, Permission.MUSTER_CALL)
    service.close(work.session, muster, words=asked.words, by=caller.name, now=work.now)
    return _to(muster)


class ForgivenessForm(BaseModel):
    """Whom to forgive: one, those in an area, or all, which is said with `*`; and why."""

    site: Name
    subject: Annotated[str, Field(max_length=640)] = ""
    area: Name | Literal["*"] | None = None
    reason: ForgivenBecause
    words: Annotated[str, Field(max_length=1000)]

    @model_validator(mode="after")
    def _somebody_is_meant(self) -> Self:
        if not self.subject and self.area is None:
            raise ValueError("say whom")
        return self


@router.post("/muster/forgiveness")
def forgive(
    guard: Annotated[Principal, Depends(requires(Permission.PRESENCE_FORGIVE))],
    work: GatewayWork,
    form: Annotated[ForgivenessForm, Form()],
) -> RedirectResponse:
    """Let somebody come in who is counted inside."""
    where = SiteId(form.site)
    guard.require(Permission.PRESENCE_FORGIVE, where)
    count = presence.forgive(
        work.session,
        where,
        subject=form.subject or None,
        area=None if form.subject or form.area in {None, EVERYWHERE} else AreaId(str(form.area)),
        because=form.reason,
        words=form.words.strip(),
        by=guard.name,
        now=work.now,
    )
    return RedirectResponse(f"/gate/muster?site={where}&forgiven={count}", status_code=303)


Hours = Annotated[int, Field(ge=1, le=720)] | None


class LimitsForm(BaseModel):
    """Hours of each kind; nothing: as the last stays teach."""

    site: Name
    resident: Hours = None
    staff: Hours = None
    worker: Hours = None
    visitor: Hours = None
    vehicle: Hours = None


@router.post("/muster/limits")
def set_limits(
    officer: Annotated[Principal, Depends(requires(Permission.PRESENCE_LIMIT))],
    work: GatewayWork,
    form: Annotated[LimitsForm, Form()],
) -> RedirectResponse:
    """Say for how long each kind is surely inside."""
    where = SiteId(form.site)
    officer.require(Permission.PRESENCE_LIMIT, where)
    for kind in Kind:
        presence.set_limit(work.session, where, kind, getattr(form, kind), by=officer.name, now=work.now)
    return RedirectResponse(f"/gate/muster?site={where}", status_code=303)


def _roll(
    request: Request,
    muster: Muster,
    *,
    shown: Filters,
    reader: Principal,
    desk: Desk,
    work: Work,
    register: Work,
    part: bool,
) -> HTMLResponse:
    names = _names(request, desk, register, muster.site)
    is_open = muster.closed_at is None
    limit = CALLED_AT_ONCE if is_open and not shown.whole else 1_000_000
    wanted = shown.wanted(limit + 1)
    found = queries.lines(work.session, muster.id, wanted)
    counts = queries.counts(work.session, muster.id)
    mine = queries.last_marked(work.session, muster.id, reader.name, limit=MY_LAST) if is_open else ()
    return page(
        request,
        "gateway/muster/called.html" if part else "gateway/muster/roll.html",
        muster=muster,
        shown=shown,
        counts=counts,
        lines=[LineView.called(line, names) for line in found[:limit]],
        has_more=len(found) > limit,
        mine=[LineView.called(line, names) for line in mine],
        marks=list(Mark),
        is_open=is_open,
        may_call=is_open and not shown.whole and reader.may(Permission.MUSTER_CALL, muster.site),
        timezone=timezone_of(names.snapshot, muster.site).key,
    )


def _names(request: Request, desk: Desk, register: Work, site: SiteId) -> Names:
    t = translator_of(request)
    areas = {area.id: area.name_zh if t.language == "zh" else area.name_en for area in areas_of(register.session, site)}
    return Names(t=t, snapshot=known_to(desk), areas=areas)


def _to(muster: Muster) -> RedirectResponse:
    return RedirectResponse(f"/gate/musters/{muster.id}", status_code=303)
