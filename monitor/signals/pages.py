"""The pages of what was heard and what was set aside."""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from monitor.dependencies import MonitorReading
from monitor.signals import queries, service
from monitor.signals.asking import CursorQuery, LetterId, SignalReader, SiteQuery, sites_shown
from monitor.signals.bytes_shown import SHOWN_BYTES, as_text, dump
from monitor.signals.problems import DeadLetterUnknown
from registry.problems import NotFound, problems
from registry.web.pages import page

router = APIRouter(prefix="/control-room", include_in_schema=False)

LINES = 50
CONTENT_SIGNS = 300
"""Of an event's data, on its line; the API has the whole."""


def _content(signal: queries.Signal) -> str:
    text = as_text(orjson.dumps(dict(signal.data)))
    return text if len(text) <= CONTENT_SIGNS else f"{text[:CONTENT_SIGNS]}…"


def _turning(reading: MonitorReading, site: str | None, cursor: str | None, places: Sequence[int]) -> dict[str, Any]:
    """What both lists show around their lines; `places` has one more than `LINES` when another page follows."""
    return {
        "totals": queries.totals(reading.session),
        "site": site,
        "is_newest": cursor is None,
        "following": places[LINES - 1] if len(places) > LINES else None,
    }


@router.get("/signals", responses=problems(NotFound))
def signals_page(
    request: Request,
    principal: SignalReader,
    reading: MonitorReading,
    *,
    site: SiteQuery = None,
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """The newest signals and the totals; without a cursor the page keeps itself new."""
    signals = queries.newest_signals(
        reading.session,
        sites=sites_shown(principal, site),
        before_position=int(cursor) if cursor else None,
        limit=LINES + 1,
    )
    return page(
        request,
        "monitor/signals/signals.html",
        lines=[(signal, _content(signal)) for signal in signals[:LINES]],
        **_turning(reading, site, cursor, [signal.position for signal in signals]),
    )


@router.get("/dead-letters", responses=problems(NotFound))
def dead_letters_page(
    request: Request,
    principal: SignalReader,
    reading: MonitorReading,
    *,
    site: SiteQuery = None,
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """What was set aside, with its reason."""
    letters = queries.newest_dead_letters(
        reading.session,
        sites=sites_shown(principal, site),
        before_id=int(cursor) if cursor else None,
        limit=LINES + 1,
    )
    return page(
        request,
        "monitor/signals/dead_letters.html",
        letters=letters[:LINES],
        **_turning(reading, site, cursor, [letter.id for letter in letters]),
    )


@router.get("/dead-letters/{letter_id}", responses=problems(DeadLetterUnknown))
def dead_letter_page(
    request: Request, letter_id: LetterId, principal: SignalReader, reading: MonitorReading
) -> HTMLResponse:
    """One dead letter with its bytes, shown so that they can do nothing."""
    letter, raw = service.dead_letter_for(reading.session, letter_id, principal)
    shown = raw[:SHOWN_BYTES]
    return page(
        request,
        "monitor/signals/dead_letter.html",
        letter=letter,
        text=as_text(shown),
        lines=list(dump(shown)),
        shown=len(shown),
    )
