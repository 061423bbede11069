"""What a guard does at the page beside checking: opens by hand, lets in all the same, forgives, calls."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.checks.answers import Name
from gateway.checks.asking import gate_for
from gateway.dependencies import GatewayReading, GatewayWork, TheDesk
from gateway.desk import Desk
from gateway.entries.announcing import guard_called_event
from gateway.entries.api import EntryReader, entry_for
from gateway.entries.models import Entry
from gateway.guard.views import OPENED_BECAUSE, OpeningView, VerdictView
from gateway.passages import api as passages
from gateway.passages.api import Explanation, Opener, OpeningRequest, Words
from gateway.passages.models import Opening
from gateway.passages.service import NoSuchOpening
from gateway.presence import api as presence
from gateway.presence.api import ForgivenessRequest
from gateway.presence.models import Presence
from gateway.presence.service import ForgivenBecause
from registry import audit
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import EntryId, SiteId, new_id
from registry.store import outbox
from registry.web.dependencies import TheParts
from registry.web.pages import page, translator_of

router = APIRouter(prefix="/gate", include_in_schema=False)


class OpeningForm(OpeningRequest):
    """As the page sends it: an empty lane is the first that leads that way."""

    @field_validator("lane", mode="before")
    @classmethod
    def _chosen(cls, value: object) -> object:
        return value or None


@router.post("/openings")
def open_by_hand(request: Request, guard: Opener, desk: TheDesk, form: Annotated[OpeningForm, Form()]) -> HTMLResponse:
    """Open a lane by hand; for an emergency the page asks afterwards why."""
    told = passages.open_lane(form, guard, desk)
    with desk.store.read() as session:
        return _opened(request, session.get_one(Opening, told.id), _zone(desk, told.site))


@router.get("/openings/{opening_id}")
def show_opening(
    request: Request, opening_id: UUID, guard: EntryReader, desk: TheDesk, work: GatewayReading
) -> HTMLResponse:
    """An opening by hand in the place of the verdict, such as one that nobody has explained yet."""
    opening = work.session.get(Opening, opening_id)
    if opening is None or not guard.may_at(Permission.ENTRIES_READ, opening.site, opening.gate):
        raise NoSuchOpening("There is no such opening here.")
    return _opened(request, opening, _zone(desk, opening.site))


@router.post("/openings/{opening_id}/explanation")
def explain_opening(
    *,
    request: Request,
    opening_id: UUID,
    guard: Opener,
    desk: TheDesk,
    work: GatewayWork,
    why: Annotated[Explanation, Form()],
) -> HTMLResponse:
    """Say afterwards why a lane was opened."""
    told = passages.explain_opening(opening_id, why, guard, work)
    return _opened(request, work.session.get_one(Opening, told.id), _zone(desk, told.site))


@router.post("/entries/{entry_id}/override")
def let_in(
    request: Request, entry_id: EntryId, guard: Opener, desk: TheDesk, why: Annotated[Explanation, Form()]
) -> HTMLResponse:
    """Let in somebody whom the gate denied."""
    told = passages.override_denial(entry_id, why, guard, desk)
    with desk.store.read() as session:
        entry = session.get_one(Entry, entry_id)
        override = session.get_one(Opening, told.id)
        verdict = VerdictView.of(entry, translator_of(request), now=told.at, override=override)
    zone = _zone(desk, told.site)
    return page(request, "gateway/gate/verdict.html", timezone=zone, verdict=verdict)


class ForgivenessForm(BaseModel):
    """Why somebody who is counted inside may come in once more."""

    reason: ForgivenBecause
    words: Words = ""


@router.post("/entries/{entry_id}/forgiveness")
def forgive(
    request: Request,
    entry_id: EntryId,
    guard: Annotated[Principal, Depends(requires(Permission.PRESENCE_FORGIVE))],
    work: GatewayWork,
    why: Annotated[ForgivenessForm, Form()],
) -> HTMLResponse:
    """Let whom this entry brought in come in once more, for they left unseen."""
    entry = entry_for(work, entry_id, guard, Permission.PRESENCE_FORGIVE)
    asked = ForgivenessRequest(site=entry.site, subject=entry.subject, reason=why.reason, words=why.words)
    presence.forgive_passback(asked, guard, work)
    return page(request, "gateway/gate/forgiven.html", holder=entry.holder_name)


class CallForm(BaseModel):
    gate: Name


@router.post("/calls")
def call(
    *,
    request: Request,
    guard: Opener,
    desk: TheDesk,
    parts: TheParts,
    work: GatewayWork,
    form: Annotated[CallForm, Form()],
) -> HTMLResponse:
    """The guard calls the control room: it hears of it on the bus, and the page shows its number."""
    gate = gate_for(guard, Permission.GATE_OPEN, form.gate, desk.snapshot)
    subject = f"gate:{gate.id}"
    audit.record(work.session, actor=guard.name, action="guard-called", site=gate.site, subject=subject, now=work.now)
    called = guard_called_event(event_id=new_id(), site=gate.site, gate=gate.id, guard=guard.name, now=work.now)
    outbox.announce(work.session, *called)
    number = parts.settings.duty_phones.get(gate.site)
    zone = _zone(desk, gate.site)
    return page(request, "gateway/gate/called.html", number=number, at=work.now, timezone=zone)


def override_of(session: Session, entry_id: UUID) -> Opening | None:
    """By which somebody let in whom that entry had denied."""
    return session.scalars(select(Opening).where(Opening.entry_id == entry_id)).first()


def overrides_of(session: Session, entries: Iterable[UUID]) -> frozenset[UUID | None]:
    """Those of the entries that were denied and let in all the same."""
    return frozenset(session.scalars(select(Opening.entry_id).where(Opening.entry_id.in_(list(entries)))))


def may_be_forgiven(session: Session, entry_id: UUID, site: str) -> bool:
    """Whether somebody is counted inside by this entry, and anti-passback would keep them from coming in."""
    wanted = select(Presence.entry_id).where(
        Presence.site == site, Presence.entry_id == entry_id, Presence.forgiven_at.is_(None)
    )
    return session.scalars(wanted).first() is not None


def _zone(desk: Desk, site: str) -> str:
    return desk.snapshot.timezones[SiteId(site)].key


def _opened(request: Request, opening: Opening, timezone: str) -> HTMLResponse:
    said = OpeningView.of(opening, translator_of(request))
    return page(request, "gateway/gate/opened.html", timezone=timezone, opening=said, opened_because=OPENED_BECAUSE)
