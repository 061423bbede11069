"""The guard's page, rendered by the server piece by piece."""

from collections.abc import Callable
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from gateway.checks.answers import CheckRequest, CredentialShown, Name, ShownText
from gateway.checks.api import GateChecker
from gateway.checks.asking import check_at_desk, gate_for
from gateway.circumstances import service as circumstances
from gateway.dependencies import GatewayReading, GatewayWork, TheDesk
from gateway.desk import Desk
from gateway.entries import queries as entries
from gateway.entries.answers import DecisionRequest
from gateway.entries.api import EntryReader, GateDecider, decide_for, entry_for, open_for
from gateway.guard import acts
from gateway.guard.keypad import ENDINGS, PROVINCE_KEYS, SIGN_KEYS
from gateway.guard.recognition import WhichPlate, recognise
from gateway.guard.state import ClosedView, failing_at, unexplained
from gateway.guard.views import FORGIVEN_BECAUSE, OPENED_BECAUSE, InsideView, RecentView, VerdictView
from gateway.presence import queries as presence
from registry.access.facts import CredentialKind, Direction, GateFacts
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.i18n import Translator
from registry.ids import NAME_PATTERN, EntryId, SiteId
from registry.sites.models import Site
from registry.sites.queries import all_sites
from registry.web.dependencies import RegistryReading
from registry.web.pages import page, translator_of

router = APIRouter(prefix="/gate", include_in_schema=False)

LAST_CHECKS = 10
LISTED_INSIDE = 100
"""The list on the page; the counts are of all, and the API gives the rest."""

GateName = Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")]


@router.get("", response_model=None)
def gate_page(
    request: Request,
    guard: GateChecker,
    desk: TheDesk,
    register: RegistryReading,
    gate: Annotated[str | None, Query(max_length=40)] = None,
) -> HTMLResponse | RedirectResponse:
    """The page of one gate, which stands in the address; without one, the gates to choose from."""
    gates = sorted(
        (one for one in desk.snapshot.facts.gates.values() if guard.may_at(Permission.GATE_CHECK, one.site, one.id)),
        key=lambda one: one.id,
    )
    if gate is None:
        if len(gates) == 1:
            return RedirectResponse(f"/gate?gate={gates[0].id}", status_code=303)
        name_of = _name_in(translator_of(request))
        compounds = {site.id: name_of(site) for site in all_sites(register.session)}
        return page(request, "gateway/gate/choose.html", gates=gates, name_of=name_of, compounds=compounds)
    chosen = gate_for(guard, Permission.GATE_CHECK, gate, desk.snapshot)
    return page(
        request,
        "gateway/gate/page.html",
        gate=chosen,
        timezone=_timezone(desk, chosen.site),
        own_direction=chosen.lanes[0].direction or Direction.IN,
        has_other=len(gates) > 1,
        opened_because=OPENED_BECAUSE,
        keypad={"provinces": PROVINCE_KEYS, "signs": SIGN_KEYS, "endings": ENDINGS},
        name_of=_name_in(translator_of(request)),
    )


class CheckForm(BaseModel):
    """What the page sends: the field as it was, under a number that a repeat keeps."""

    attempt_id: UUID
    gate: Name
    direction: Direction
    value: ShownText
    lane: Name | Literal[""] = ""
    """Empty: the first that leads that way."""
    known_as: Literal["plate", "card"] | None = None
    """What the guard answered when asked what the field held."""


@router.post("/checks")
async def check(
    request: Request, guard: GateChecker, desk: TheDesk, form: Annotated[CheckForm, Form()]
) -> HTMLResponse:
    """Check what the field held, and show the verdict; where it lacks a plate's first sign, ask."""
    snapshot = desk.snapshot
    site = gate_for(guard, Permission.GATE_CHECK, form.gate, snapshot).site
    shown = _as_answered(form) or recognise(form.value, snapshot, site, desk.clock.now())
    if isinstance(shown, WhichPlate):
        return page(request, "gateway/gate/which_plate.html", asked=shown)
    asked = CheckRequest(
        attempt_id=form.attempt_id,
        gate=form.gate,
        lane=form.lane or None,
        direction=form.direction,
        credential=shown,
    )
    answered = await check_at_desk(asked, guard, desk)
    verdict = await run_in_threadpool(_verdict, desk, answered.entry_id, translator_of(request))
    return page(
        request,
        "gateway/gate/verdict.html",
        timezone=_timezone(desk, site),
        verdict=verdict,
        opened_because=OPENED_BECAUSE,
    )


@router.get("/entries/{entry_id}")
def show_entry(
    request: Request, entry_id: EntryId, guard: EntryReader, desk: TheDesk, work: GatewayReading
) -> HTMLResponse:
    """An earlier entry in the place of the verdict, such as a refer that still waits."""
    entry = entry_for(work, entry_id, guard, Permission.ENTRIES_READ)
    override = acts.override_of(work.session, entry.id)
    verdict = VerdictView.of(entry, translator_of(request), now=work.now, override=override)
    may_forgive = guard.may_at(Permission.PRESENCE_FORGIVE, entry.site, entry.gate)
    return page(
        request,
        "gateway/gate/verdict.html",
        timezone=_timezone(desk, entry.site),
        verdict=verdict,
        is_record=not verdict.waits,
        opened_because=OPENED_BECAUSE,
        forgiven_because=FORGIVEN_BECAUSE
        if may_forgive and acts.may_be_forgiven(work.session, entry.id, entry.site)
        else (),
    )


@router.post("/entries/{entry_id}/decision")
def decide(  # noqa: PLR0917 - a route: nobody calls it by position
    request: Request,
    entry_id: EntryId,
    guard: GateDecider,
    desk: TheDesk,
    work: GatewayWork,
    decision: Annotated[DecisionRequest, Form()],
    afterwards: BackgroundTasks,
) -> HTMLResponse:
    """The guard decides a refer; whom they let in finds the barrier opening."""
    entry = decide_for(entry_id, decision, guard, desk.attempt_key, work)
    afterwards.add_task(open_for, entry, desk)
    verdict = VerdictView.of(entry, translator_of(request), now=work.now)
    return page(request, "gateway/gate/verdict.html", timezone=_timezone(desk, entry.site), verdict=verdict)


@router.get("/recent", response_model=None)
def recent(
    request: Request, guard: EntryReader, desk: TheDesk, work: GatewayReading, gate: GateName | None = None
) -> HTMLResponse | RedirectResponse:
    """The last checks at a gate, and how new the facts are on which it decides."""
    if gate is None or _is_opened_alone(request):
        return _to_page_of(gate)
    chosen = gate_for(guard, Permission.ENTRIES_READ, gate, desk.snapshot)
    here = frozenset({chosen.site})
    found = entries.newest(work.session, sites=here, site=None, gate=chosen.id, before=None, limit=LAST_CHECKS)
    let_in = acts.overrides_of(work.session, [entry.id for entry in found])
    views = [RecentView.of(entry, let_in=entry.id in let_in) for entry in found]
    return page(
        request,
        "gateway/gate/recent.html",
        timezone=_timezone(desk, chosen.site),
        checks=views,
        heard_at=desk.heard_at,
        is_old=desk.is_old,
    )


@router.get("/inside", response_model=None)
def inside(
    request: Request,
    guard: Annotated[Principal, Depends(requires(Permission.PRESENCE_READ))],
    desk: TheDesk,
    work: GatewayReading,
    gate: GateName | None = None,
) -> HTMLResponse | RedirectResponse:
    """Who and what is inside the gate's compound."""
    if gate is None or _is_opened_alone(request):
        return _to_page_of(gate)
    site = gate_for(guard, Permission.PRESENCE_READ, gate, desk.snapshot).site
    t = translator_of(request)
    found = presence.inside(work.session, site, before=None, limit=LISTED_INSIDE)
    views = [InsideView.of(one, entry, t) for one, entry in found]
    counts = presence.counts(work.session, site)
    return page(
        request,
        "gateway/gate/inside.html",
        timezone=_timezone(desk, site),
        counts=counts,
        inside=views,
        site=site,
    )


@router.get("/state", response_model=None)
def state(
    request: Request, guard: EntryReader, desk: TheDesk, work: GatewayReading, gate: GateName | None = None
) -> HTMLResponse | RedirectResponse:
    """What is closed behind the gate, which barrier stays shut, and which opening nobody has explained."""
    if gate is None or _is_opened_alone(request):
        return _to_page_of(gate)
    chosen = gate_for(guard, Permission.ENTRIES_READ, gate, desk.snapshot)
    t = translator_of(request)
    return page(
        request,
        "gateway/gate/state.html",
        timezone=_timezone(desk, chosen.site),
        closed=ClosedView.worst_behind(chosen, circumstances.states(work.session, chosen.site), t),
        failing=failing_at(chosen.id, desk.barriers.board.news(), t),
        has_lanes=len(chosen.lanes) > 1,
        unexplained=unexplained(work.session, chosen.id, t),
    )


def _is_opened_alone(request: Request) -> bool:
    """A part of the page that a browser opens as if it were one."""
    return "HX-Request" not in request.headers and "text/html" in request.headers.get("Accept", "")


def _to_page_of(gate: str | None) -> RedirectResponse:
    return RedirectResponse(f"/gate?gate={gate}" if gate else "/gate", status_code=303)


def _as_answered(form: CheckForm) -> CredentialShown | None:
    return None if form.known_as is None else CredentialShown(kind=CredentialKind(form.known_as), value=form.value)


def _verdict(desk: Desk, entry_id: EntryId, t: Translator) -> VerdictView:
    with desk.store.read() as session:
        entry = entries.entry(session, entry_id)
        if entry is None:
            raise LookupError(f"entry {entry_id} was answered and is not in the store")
        override = acts.override_of(session, entry_id)
        return VerdictView.of(entry, t, now=desk.clock.now(), override=override)


def _timezone(desk: Desk, site: str) -> str:
    return desk.snapshot.timezones[SiteId(site)].key


def _name_in(t: Translator) -> Callable[[GateFacts | Site], str]:
    return lambda place: place.name_zh if t.language == "zh" else place.name_en
