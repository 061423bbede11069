"""How far the rules have come: with the alarms in one transaction, so that each signal is judged exactly once."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from monitor.tables import Base
from registry.store import InstantColumn, PositionColumn


class EngineProgress(Base):
    """The engine's checkpoint, one row: the last signal that it has judged, and the moment up to which timers have run.

    It is written in the transaction that judges, so the alarms of the store are the state that belongs to it.
    """

    __tablename__ = "engine_progress"
    __table_args__ = (CheckConstraint('"only" = 1', name="one_row"),)

    only: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)
    clock: Mapped[datetime] = mapped_column(InstantColumn)
    """The latest `received_at` or tick; the engine knows no other time. A tick alone may set it back."""
    form: Mapped[str] = mapped_column(String(200))
    """Which rules judged, and how they keep this row (`monitor.anomalies.catalogue`)."""
    anew_until: Mapped[int] = mapped_column(BigInteger)
    """Signals up to here are judged anew, by other rules than before, and all of them count from the first; 0: none are."""


class EngineTick(Base):
    """Time went on with no signal that said so: a timer ran at `at`, after the signal at `position`.

    The first says when an engine looked for the first time. With the signals, ticks are all that an engine is told of
    time: whoever replays both finds what was found. An earlier `at` than the clock before it: our own clock had been wrong, and was set back.
    """

    __tablename__ = "engine_tick"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(InstantColumn)
