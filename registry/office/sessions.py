"""`/api/registry/sessions`: who is signed in where; sessions ended by their owner or by who manages users."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from registry.auth import queries, sessions
from registry.auth.names import canonical
from registry.auth.principal import Principal
from registry.auth.requires import signed_in
from registry.auth.sessions import LiveSession, NoSuchSession
from registry.ids import SessionId, UserId
from registry.messages.envelope import WireInstant
from registry.problems import NotFound, problems
from registry.store import Work
from registry.web.dependencies import RegistryReading, RegistryWork
from registry.web.proving import OnlyInPerson

router = APIRouter(prefix="/api/registry/sessions", tags=["registry"])
Somebody = Annotated[Principal, Depends(signed_in)]


class SessionOut(BaseModel):
    """A browser that is signed in."""

    id: SessionId
    user: str
    began_at: WireInstant
    seen_at: WireInstant
    ends_at: WireInstant
    address: str | None
    agent: str | None = Field(description="the browser and its system in short")
    is_this: bool = Field(description="the session that asks")

    @classmethod
    def of(cls, session: LiveSession, asker: Principal) -> "SessionOut":
        return cls(
            id=session.id,
            user=session.user,
            began_at=session.began_at,
            seen_at=session.seen_at,
            ends_at=session.ends_at,
            address=session.address,
            agent=session.agent,
            is_this=session.id == asker.session,
        )


class SessionList(BaseModel):
    items: list[SessionOut]


class Ended(BaseModel):
    ended: int


@router.get("", responses=problems(NotFound))
def list_sessions(
    asker: Somebody,
    work: RegistryReading,
    user: Annotated[str | None, Query(max_length=200, description="whose; else one's own")] = None,
) -> SessionList:
    """The last used first. Another's are for who manages users."""
    of = asker.id if user is None else _managed(work, asker, user)
    return SessionList(
        items=[SessionOut.of(one, asker) for one in sessions.live_sessions(work.session, now=work.now, of=of)]
    )


@router.delete("/{session_id}", status_code=204, responses=problems(NotFound))
def end_session(session_id: SessionId, asker: Somebody, work: RegistryWork) -> None:
    """End one's own session, or one of a user whom one manages."""
    row = queries.session_by_id(work.session, session_id)
    if row is None:
        raise NoSuchSession
    if row.user_id == asker.id:
        _in_person(asker)
    elif not asker.manages(queries.grants_of(work.session, row.user_id)):
        raise NoSuchSession
    sessions.end_one(work.session, session_id, now=work.now, by=asker.name)


@router.post("/end-others", responses=problems(NotFound))
def end_others(asker: Somebody, work: RegistryWork) -> Ended:
    """End all of one's own sessions but this one."""
    _in_person(asker)
    ended = sessions.end_others(work.session, asker.id, keep=asker.session, now=work.now, by=asker.name)
    return Ended(ended=ended)


def _in_person(asker: Principal) -> None:
    """Refuse a token: it does not sign its owner out."""
    if asker.session is None:
        raise OnlyInPerson


def _managed(work: Work, asker: Principal, name: str) -> UserId:
    user = queries.user_named(work.session, canonical(name))
    if user is None or (user.id != asker.id and not asker.manages(queries.grants_of(work.session, user.id))):
        raise NotFound(f"There is no user {name!r} here.")
    return UserId(user.id)
