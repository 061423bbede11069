"""People who sign in, as the form does it."""

from sqlalchemy import select

from registry.auth import changing_password, queries, service, signing_in, tries
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.secrets import hash_password
from registry.auth.signing_in import Pending, SignedIn
from registry.auth.tries import TooEarly
from registry.ids import SiteId
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.web import PASSWORD

GUARD = Grant(Role.GUARD, SiteId("oc1"))
ADDRESS = "10.0.0.7"


def add_guard(store: Store, clock: FixedClock, name: str = "guard") -> None:
    with store.begin(clock.now()) as work:
        service.add_user(work.session, name=name, password=PASSWORD, grants=[GUARD], now=work.now)


def try_to_sign_in(
    store: Store, clock: FixedClock, password: str = PASSWORD, *, name: str = "guard", address: str = ADDRESS
) -> SignedIn | Pending | TooEarly | None:
    with store.begin(clock.now()) as work:
        opened = tries.open_try(work.session, name=name, address=address, now=work.now)
    if isinstance(opened, TooEarly):
        return opened
    with store.read() as session:
        known = signing_in.check_password(session, name=name, password=password)
    with store.begin(clock.now()) as work:
        return signing_in.sign_in(work.session, opened, known=known, now=work.now)


def signed_in(store: Store, clock: FixedClock) -> SignedIn:
    signed = try_to_sign_in(store, clock)
    assert isinstance(signed, SignedIn)
    return signed


def actions(store: Store) -> list[str]:
    """What the audit tells, oldest first."""
    with store.read() as session:
        return list(session.scalars(select(store.room.audit.action).order_by(store.room.audit.position)))


def reset_password(store: Store, name: str, password: str) -> None:
    """What somebody who manages users does."""
    with store.begin(NOON) as work:
        user = queries.user_named(work.session, name)
        assert user is not None
        changing_password.reset(work.session, user, hash_password(password), by="admin", now=work.now)
