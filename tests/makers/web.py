"""A web application on stores in a folder, and people who signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.testclient import TestClient

from registry.auth import service
from registry.auth.devices import DeviceCheck, no_devices
from registry.auth.directory import Directory
from registry.auth.factor.keys import FactorKeys
from registry.auth.models import SessionRow
from registry.auth.outside.provider import Provider
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.requires import SESSION_COOKIE
from registry.auth.rules import ABSOLUTE_END
from registry.auth.secrets import csrf_of, digest_of
from registry.i18n import Texts
from registry.ids import SiteId, UserId
from registry.media.store import MediaStore
from registry.room import ROOM
from registry.settings import Settings
from registry.store import Room, Store
from registry.web.app import create_app
from registry.web.parts import Parts
from tests.fakes.clock import FixedClock
from tests.makers.files import copy_of_empty

OC1 = SiteId("oc1")
PASSWORD = "a long enough password"
AUDIT_KEY = bytes(range(32))
FACTOR_KEY = bytes(range(32, 64))


def a_store(folder: Path, room: Room = ROOM) -> Store:
    """A room's store with all its tables."""
    file = folder / f"{room.name}.db"
    copy_of_empty(room, file)
    return Store.open(room, f"sqlite:///{file}", audit_key=AUDIT_KEY)


def some_parts(
    folder: Path,
    *,
    rooms: tuple[Room, ...] = (),
    clock: FixedClock | None = None,
    devices: DeviceCheck = no_devices,
    language: str = "zh",
    settings: Settings | None = None,
    provider: Provider | None = None,
) -> Parts:
    """Parts on real stores: the registry's and those of `rooms`. A missing text is an error."""
    clock = clock or FixedClock()
    stores = {room.name: a_store(folder, room) for room in (ROOM, *rooms)}
    return Parts(
        clock=clock,
        settings=settings or Settings(data_dir=folder, default_language=language),
        stores=stores,
        media=MediaStore(folder / "media", stores["registry"], clock),
        directory=Directory(stores["registry"], clock),
        factor_keys=FactorKeys(FACTOR_KEY),
        provider=provider,
        devices=devices,
        texts=_texts(),
    )


@cache
def _texts() -> Texts:
    return Texts.load(strict=True)


def a_user(parts: Parts, name: str, *roles: Role, site: SiteId | None = OC1) -> UserId:
    """A user with these roles at one site (None: everywhere); the password is `PASSWORD`."""
    grants = [Grant(role, site) for role in roles or (Role(name),)]
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        return service.add_user(work.session, name=name, password=PASSWORD, grants=grants, now=work.now)


def a_token(parts: Parts, *roles: Role, site: SiteId | None = OC1, name: str = "program") -> str:
    """A bearer token with these roles."""
    grants = [Grant(role, site) for role in roles]
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        return service.add_token(work.session, name=name, grants=grants, now=work.now)


@dataclass(frozen=True, slots=True)
class SignedInBrowser:
    """A session without the detour of the form."""

    token: str

    @property
    def csrf(self) -> str:
        return csrf_of(self.token)


def a_session(parts: Parts, user_id: UserId, token: str = "0" * 43) -> SignedInBrowser:
    """A session of this user that began now."""
    now = parts.clock.now()
    with parts.stores["registry"].begin(now) as work:
        work.session.add(
            SessionRow(
                digest=digest_of(token),
                user_id=user_id,
                created_at=now,
                seen_at=now,
                ends_at=now + ABSOLUTE_END,
                ended_at=None,
            )
        )
    return SignedInBrowser(token)


@contextmanager
def a_browser(
    parts: Parts,
    *routers: APIRouter,
    signed_in: SignedInBrowser | None = None,
    bearer: str | None = None,
    our_mistakes_raise: bool = True,
) -> Iterator[TestClient]:
    """A client of the whole application; with a session it sends the cookie and the form word as our pages do."""
    headers = {"Accept": "text/html"}
    if bearer is not None:
        headers = {"Authorization": f"Bearer {bearer}"}
    app = create_app(parts, routers)
    with TestClient(app, headers=headers, follow_redirects=False, raise_server_exceptions=our_mistakes_raise) as client:
        if signed_in is not None:
            client.cookies.set(SESSION_COOKIE, signed_in.token)
            client.headers["X-CSRF-Token"] = signed_in.csrf
        yield client
