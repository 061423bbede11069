"""Rendering a page: the template, the language of whoever asks, and what the top bar shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from registry.auth.principal import Principal
from registry.clock import DEFAULT_TIMEZONE, Instant, format_instant
from registry.fast_clock import FastClock
from registry.house import folders
from registry.i18n import LANGUAGES, Language, Translator
from registry.web.dependencies import parts_of
from registry.web.navigation import Page, current_of, pages_for

LANGUAGE_COOKIE = "lang"
ACCOUNT_PATH = "/account"


def environment() -> Environment:
    """The templates of all rooms: `gateway/gate.html` lies in `gateway/templates/`, `base.html` in the registry's."""
    rooms = folders("templates")
    pages = Environment(
        loader=ChoiceLoader(
            [
                PrefixLoader({room: FileSystemLoader(folder) for room, folder in rooms.items()}),
                FileSystemLoader(rooms["registry"]),
            ]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["clock"] = clock_time
    pages.filters["moment"] = day_and_time
    pages.filters["iso"] = format_instant
    return pages


@pass_context
def clock_time(context: Context, moment: Instant) -> str:
    """The time of day in the page's time zone, `14:07:32`."""
    return _local(context, moment).strftime("%H:%M:%S")


@pass_context
def day_and_time(context: Context, moment: Instant) -> str:
    """Day and time in the page's time zone, `2026-11-23 14:07`."""
    return _local(context, moment).strftime("%Y-%m-%d %H:%M")


def language_of(request: Request) -> Language:
    """The language chosen on a page; before one was chosen, what the browser asks for first, else the default."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in set(LANGUAGES):
        return Language(chosen)
    first = request.headers.get("Accept-Language", "")[:2].lower()
    if first in set(LANGUAGES):
        return Language(first)
    return Language(parts_of(request).settings.default_language)


def translator_of(request: Request) -> Translator:
    return parts_of(request).texts.translator(language_of(request))


def page(
    request: Request,
    template: str,
    /,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> HTMLResponse:
    """Render a template.

    It knows, beside `context`: `t` (say a text), `lang`, `user` (a Principal or None), `csrf`, `pages` (what the user may
    open), `current_page` of them, `path`, `languages`, `now`, and the filters `clock`, `moment`, `iso`. What `clock` and `moment` write is local to
    `timezone`, which a page of one site names. `clock_speed`: how many seconds of `now` a real one has, None: it is real.
    """
    principal = cast("Principal | None", getattr(request.state, "principal", None))
    pages_open = _pages(request, principal) if principal is not None else []
    t, clock = translator_of(request), parts_of(request).clock
    known: dict[str, object] = {
        "t": t,
        "lang": str(t.language),
        "html_lang": {"zh": "zh-CN", "en": "en"}[t.language],
        "languages": LANGUAGES,
        "user": principal,
        "csrf": (principal.csrf or "") if principal is not None else "",
        "pages": pages_open,
        "current_page": current_of(pages_open, request.url.path),
        "account": _account(request) if principal is not None and principal.session is not None else None,
        "path": request.url.path,
        "here": _here(request),
        "now": clock.now(),
        "clock_speed": f"{clock.speed:g}" if isinstance(clock, FastClock) else None,
        "site_name": None,
        "timezone": DEFAULT_TIMEZONE,
    }
    pages = cast("Environment", request.app.state.pages)
    html = pages.get_template(template).render({**known, **context})
    vary = {"Vary": "Cookie, Accept-Language"}
    return HTMLResponse(html, status_code=status, headers={**vary, **(headers or {})})


def _pages(request: Request, principal: Principal) -> Sequence[Page]:
    public_url = parts_of(request).settings.public_url
    return pages_for(principal, request.app.state.paths, public_url=public_url)


def _account(request: Request) -> str | None:
    """Where one's own account is; None: the registry is served elsewhere, and nobody said where."""
    if ACCOUNT_PATH in request.app.state.paths:
        return ACCOUNT_PATH
    public_url = parts_of(request).settings.public_url
    return f"{public_url}{ACCOUNT_PATH}" if public_url is not None else None


def is_own_path(path: str) -> bool:
    r"""Whether this leads to a page of ours: `//host`, `/\host` and whole addresses do not."""
    return path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()


def _local(context: Context, moment: Instant) -> datetime:
    return moment.astimezone(ZoneInfo(context["timezone"]))


def _here(request: Request) -> str:
    """Where the reader is, to come back to after changing the language."""
    if request.method != "GET":
        return "/"
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
