"""Somebody signed in shows once more that it is they: the password, and the code where one is asked.

A session left open must not be enough to take an account over. Wrong tries count like those at signing in.
"""

from dataclasses import dataclass, field

from fastapi import Request
from sqlalchemy.orm import Session

from registry.auth import queries, tries
from registry.auth.changing_password import WrongPassword, require_password
from registry.auth.factor import service as factor
from registry.auth.factor.service import WrongCode
from registry.auth.models import UserRow
from registry.auth.principal import Principal
from registry.auth.tries import TooEarly
from registry.problems import Forbidden, NotFound, TooManyRequests
from registry.web.dependencies import parts_of
from registry.web.doorway import address_of


class OnlyInPerson(Forbidden):
    slug = "only-in-person"
    title = "This is for people who signed in themselves"


class TooManyTries(TooManyRequests):
    slug = "too-many-tries"
    title = "Too many wrong tries; wait a while"


def own_user(session: Session, person: Principal) -> UserRow:
    """The row of who signed in.

    Raises:
        NotFound: it is gone.

    """
    user = queries.user(session, person.id)
    if user is None:
        raise NotFound
    return user


@dataclass(frozen=True, slots=True)
class Proof:
    """The password was right; `hashed` is what it was held against."""

    hashed: str = field(repr=False)


def proven_user(session: Session, person: Principal, proof: Proof) -> UserRow:
    """The row of who proved to be themselves, for the transaction that changes it.

    Raises:
        NotFound: it is gone.
        WrongPassword: the password was changed or reset since, so what proved it is no longer theirs.

    """
    user = own_user(session, person)
    if user.password != proof.hashed:
        raise WrongPassword
    return user


def prove(request: Request, person: Principal, *, password: str, code: str | None = None) -> Proof:
    """Go on only with one's own password and, unless `code` is None, with a code of one's second factor.

    The try is kept before anything is looked at, and the password is looked at while reading, when nobody waits to write;
    what is then changed asks for the row by `proven_user`.

    Raises:
        WrongPassword: it is another.
        WrongCode: it is wrong or was used.
        TooManyTries: one must wait first.

    """
    parts, address = parts_of(request), address_of(request)
    store = parts.stores["registry"]
    with store.begin(parts.clock.now()) as work:
        opened = tries.open_try(work.session, name=person.name, address=address, now=work.now)
    if isinstance(opened, TooEarly):
        raise TooManyTries(headers={"Retry-After": str(opened.wait_seconds)})
    with store.read() as session:
        user = own_user(session, person)
        proof, wrong = Proof(user.password), _wrong_password(user, password)
    with store.begin(parts.clock.now()) as work:
        user = own_user(work.session, person)
        if user.password != proof.hashed:
            wrong = WrongPassword()
        if (
            wrong is None
            and code is not None
            and factor.use_code(work.session, parts.factor_keys, user, code=code, now=work.now) is None
        ):
            wrong = WrongCode()
        if wrong is None:
            tries.take_back(work.session, opened)
        else:
            tries.record_wrong(work.session, opened, now=work.now, facts={"step": wrong.slug})
    if wrong is not None:
        raise wrong
    return proof


def _wrong_password(user: UserRow, password: str) -> WrongPassword | WrongCode | None:
    try:
        require_password(user, password)
    except WrongPassword as wrong:
        return wrong
    return None
