"""How far the rules have come: with the alarms in one transaction, so that each signal is judged exactly once."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.tables import Base
from registry.store import InstantColumn, PositionColumn


class EngineProgress(Base):
    """The one row of the engine: the last signal that it has judged, and the moment up to which timers have run."""

    __tablename__ = "engine_progress"
    __table_args__ = (CheckConstraint('"only" = 1', name="one_row"),)

    only: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger)
    clock: Mapped[datetime] = mapped_column(InstantColumn)
    """The latest `received_at` or tick; the engine knows no other time. A tick alone may set it back."""


class EngineTick(Base):
    """Time went on with no signal that said so: a timer ran at `at`, after the signal at `position`.

    An earlier `at` than the clock before it: our own clock had been wrong, and was set back.
    """

    __tablename__ = "engine_tick"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(InstantColumn)
