"""The pages of what was set aside, and the buttons that try it again."""

from dataclasses import asdict, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from monitor.dependencies import MonitorReading, MonitorWork, TheRegister
from monitor.signals import attempts, letters, queries, service
from monitor.signals.asking import CursorQuery, DeviceQuery, LetterId, LetterTrier, SignalReader, SiteQuery, sites_shown
from monitor.signals.attempts import Attempts
from monitor.signals.bytes_shown import SHOWN_BYTES, as_text, dump
from monitor.signals.letters import Wanted
from monitor.signals.problems import DeadLetterUnknown, NotWhole
from monitor.signals.queries import KeptLetter
from monitor.signals.reasons import DeadReason
from monitor.signals.turning import LINES, turning
from monitor.signals.words import fault
from registry.auth.permissions import Permission
from registry.ids import NAME_PATTERN
from registry.problems import NotFound, problems
from registry.web.pages import page, translator_of

router = APIRouter(prefix="/control-room/dead-letters", include_in_schema=False)

Count = Annotated[int, Field(ge=0, le=2**62)]


class AttemptForm(BaseModel):
    """Which dead letters to try again; `before`: older than this one."""

    model_config = ConfigDict(extra="ignore")

    site: Annotated[str, Field(pattern=f"^({NAME_PATTERN})?$")] = ""
    reason: DeadReason | None = None
    device: Annotated[str, Field(max_length=120)] = ""
    before: Annotated[int, Field(ge=1, le=2**62)] | None = None


class Told(BaseModel):
    """What became of the last attempt, as its answer leads back to the list."""

    model_config = ConfigDict(extra="ignore")

    tried: Count | None = None
    stored: Count = 0
    duplicate: Count = 0
    still: Count = 0
    cut: Count = 0
    next: Count | None = None


@router.get("", responses=problems(NotFound))
def dead_letters_page(
    request: Request,
    principal: SignalReader,
    reading: MonitorReading,
    told: Annotated[Told, Query()],
    *,
    site: SiteQuery = None,
    reason: DeadReason | None = None,
    device: DeviceQuery = "",
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """What was set aside, with its reason."""
    t = translator_of(request)
    sites = sites_shown(principal, site)
    found = [
        _harmless(letter)
        for letter in queries.newest_dead_letters(
            reading.session,
            sites=sites,
            reason=reason,
            device=device or None,
            before_id=int(cursor) if cursor else None,
            limit=LINES + 1,
        )
    ]
    return page(
        request,
        "monitor/signals/dead_letters.html",
        letters=[(letter, fault(letter.detail, t)) for letter in found[:LINES]],
        reasons=letters.counts(reading.session, Wanted(sites=sites, device=device or None)),
        reason=reason,
        device=device,
        query=_query(site, reason, device),
        told=told if told.tried is not None else None,
        may_try=principal.holds(Permission.DEAD_LETTERS_TRY),
        **turning(reading, site, cursor, [letter.id for letter in found]),
    )


@router.post("/attempts", responses=problems(NotFound))
def try_again(
    principal: LetterTrier, work: MonitorWork, register: TheRegister, form: Annotated[AttemptForm, Form()]
) -> RedirectResponse:
    """Try the newest of these again; the list says what became of them, and offers to go on with the older ones."""
    sites = sites_shown(principal, form.site or None, Permission.DEAD_LETTERS_TRY)
    wanted = Wanted(sites=sites, reason=form.reason, device=form.device or None)
    outcome = attempts.try_some(work, wanted, register, principal, before_id=form.before)
    return _back(outcome, _query(form.site or None, form.reason, form.device))


@router.get("/{letter_id}", responses=problems(DeadLetterUnknown))
def dead_letter_page(
    request: Request,
    letter_id: LetterId,
    principal: SignalReader,
    reading: MonitorReading,
    *,
    still: bool = False,
) -> HTMLResponse:
    """One dead letter with its bytes, shown so that they can do nothing. `still`: it was tried, and is one still."""
    letter, raw = service.dead_letter_for(reading.session, letter_id, principal)
    letter = _harmless(letter)
    shown = raw[:SHOWN_BYTES]
    return page(
        request,
        "monitor/signals/dead_letter.html",
        letter=letter,
        fault=fault(letter.detail, translator_of(request)),
        text=as_text(shown),
        lines=list(dump(shown)),
        shown=len(shown),
        still=still,
        is_whole=letter.size == len(raw),
        may_try=principal.holds(Permission.DEAD_LETTERS_TRY),
    )


@router.post("/{letter_id}/attempt", responses=problems(DeadLetterUnknown, NotWhole))
def try_one_again(
    letter_id: LetterId, principal: LetterTrier, work: MonitorWork, register: TheRegister
) -> RedirectResponse:
    """Try one; to the list when it is gone, else back to it."""
    outcome = attempts.try_one(work, letter_id, register, principal)
    if outcome.still:
        return RedirectResponse(f"/control-room/dead-letters/{letter_id}?still=true", status_code=303)
    return _back(outcome, "")


def _harmless(letter: KeptLetter) -> KeptLetter:
    """Its topic and detail are words of the sender: without signs that cannot be seen or turn the line round."""
    topic, detail = (as_text(said.encode(errors="replace")) for said in (letter.topic, letter.detail))
    return replace(letter, topic=topic, detail=detail)


def _query(site: str | None, reason: DeadReason | None, device: str) -> str:
    said = {"site": site, "reason": reason, "device": device}
    return urlencode({name: value for name, value in said.items() if value})


def _back(outcome: Attempts, query: str) -> RedirectResponse:
    told = urlencode({name: value for name, value in asdict(outcome).items() if value is not None})
    return RedirectResponse(
        f"/control-room/dead-letters?{'&'.join(part for part in (query, told) if part)}", status_code=303
    )
