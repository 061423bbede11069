"""What the gate's check is measured beside: the same words in and out, without our work and in the usual way of doing it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from pydantic import BaseModel
from sqlalchemy import Engine, ForeignKey, String, create_engine, event, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

from deploy.bench.script import PATH


class CredentialShown(BaseModel):
    kind: Literal["plate", "card", "qr"]
    value: str


class CheckAsked(BaseModel):
    attempt_id: UUID
    gate: str
    direction: Literal["in", "out"]
    credential: CredentialShown


class BothLanguages(BaseModel):
    zh: str
    en: str


class HolderTold(BaseModel):
    name: str
    unit: str | None
    photo_url: str | None


class CredentialTold(BaseModel):
    kind: str
    matched: str
    valid_from: datetime
    valid_until: datetime


class CheckTold(BaseModel):
    attempt_id: UUID
    entry_id: UUID
    verdict: str
    reason: str
    text: BothLanguages
    holder: HolderTold | None
    credential: CredentialTold | None
    snapshot: int
    decided_by: str


def _told(asked: CheckAsked, entry_id: UUID, name: str) -> CheckTold:
    return CheckTold(
        attempt_id=asked.attempt_id,
        entry_id=entry_id,
        verdict="granted",
        reason="ok",
        text=BothLanguages(zh=f"放行。{name}。", en=f"Let in. {name}."),
        holder=HolderTold(name=name, unit=None, photo_url=None),
        credential=CredentialTold(
            kind=asked.credential.kind,
            matched=asked.credential.value,
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            valid_until=datetime(2027, 1, 1, tzinfo=UTC),
        ),
        snapshot=1,
        decided_by="centre",
    )


def bare_app() -> FastAPI:
    """FastAPI with models in and out and nothing between: no sign-in, no look-up, no store. What no FastAPI route beats."""
    app = FastAPI()

    @app.post(PATH)
    async def check(asked: CheckAsked) -> CheckTold:
        return _told(asked, uuid4(), "王建国")

    return app


_TEMPLATE = """<!doctype html><html lang="en"><head><title>{{ title }}</title></head><body><ul>
{% for line in lines %}<li>{{ line }}</li>{% endfor %}
</ul></body></html>"""
TEMPLATE_PATH = "/page"


def template_app() -> FastAPI:
    """A plain route that renders a template of fifty lines and does nothing else."""
    template = Environment(autoescape=True).from_string(_TEMPLATE)
    app = FastAPI()

    @app.get(TEMPLATE_PATH)
    def page() -> HTMLResponse:
        return HTMLResponse(template.render(title="大院", lines=[f"鄂E·{number:05d}" for number in range(50)]))

    return app


class _Base(DeclarativeBase):
    pass


class PersonRow(_Base):
    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class CardRow(_Base):
    __tablename__ = "cards"

    number: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    valid_until: Mapped[datetime]
    person: Mapped[PersonRow] = relationship()


class EntryRow(_Base):
    __tablename__ = "entries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    attempt_id: Mapped[UUID] = mapped_column(unique=True)
    gate: Mapped[str]
    direction: Mapped[str]
    number: Mapped[str]
    verdict: Mapped[str]
    decided_at: Mapped[datetime]


def orm_app(folder: Path, cards: Sequence[str]) -> FastAPI:
    """The usual way: a plain route, an ORM session, read the card, write the entry, commit; each commit on disk as ours is."""
    engine = _engine(folder / "orm.db")
    _Base.metadata.create_all(engine)
    until = datetime(2027, 1, 1, tzinfo=UTC)
    with Session(engine) as session, session.begin():
        session.execute(insert(PersonRow), [{"id": n, "name": "王建国"} for n in range(len(cards))])
        rows = [{"number": card, "person_id": n, "valid_until": until} for n, card in enumerate(cards)]
        session.execute(insert(CardRow), rows)
    given = Annotated[Session, Depends(_sessions(engine))]
    app = FastAPI()

    @app.post(PATH)
    def check(asked: CheckAsked, session: given) -> CheckTold:
        card = session.scalars(select(CardRow).where(CardRow.number == asked.credential.value)).one_or_none()
        if card is None:
            raise HTTPException(404)
        entry = EntryRow(
            attempt_id=asked.attempt_id,
            gate=asked.gate,
            direction=asked.direction,
            number=card.number,
            verdict="granted",
            decided_at=datetime.now(UTC),
        )
        session.add(entry)
        session.commit()
        return _told(asked, entry.id, card.person.name)

    return app


def _sessions(engine: Engine) -> Callable[[], Iterator[Session]]:
    sessions = sessionmaker(engine)

    def a_session() -> Iterator[Session]:
        with sessions() as session:
            yield session

    return a_session


def _engine(file: Path) -> Engine:
    engine = create_engine(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
