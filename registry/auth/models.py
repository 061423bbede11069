"""Users, their grants, sessions, tokens, wrong tries at signing in, and the feed of what changed among them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.auth.changes import AuthChangeKind
from registry.ids import new_id
from registry.store.choices import choice
from registry.store.columns import InstantColumn
from registry.tables import Base

EVERYWHERE = "*"
"""In a grant's `site`, `gate` or `unit`: all of them."""


class UserRow(Base):
    """A person who may sign in. `password` is an argon2id hash."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    password: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(InstantColumn)
    disabled_at: Mapped[datetime | None] = mapped_column(InstantColumn)


class GrantRow(Base):
    """A role of a user at a site, for one unit or for all of them."""

    __tablename__ = "grants"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit: Mapped[str] = mapped_column(String(36), primary_key=True, default=EVERYWHERE, server_default=EVERYWHERE)


class SessionRow(Base):
    """A browser that signed in. `digest` is SHA-256 of the cookie's token, which is stored nowhere.

    `id` is what the session is called where sessions are listed and ended.
    """

    __tablename__ = "sessions"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(InstantColumn)
    seen_at: Mapped[datetime] = mapped_column(InstantColumn)
    ends_at: Mapped[datetime] = mapped_column(InstantColumn, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    address: Mapped[str | None] = mapped_column(String(100))
    """Where it was signed in from; None: before this was noted."""
    agent: Mapped[str | None] = mapped_column(String(60))
    """The browser and its system in short."""


class TokenRow(Base):
    """A program's bearer token. With an owner it never allows more than the owner may.

    `hint`: its first signs, by which it is recognised. `permissions`: nothing but these of what its roles hold; None: all.
    """

    __tablename__ = "tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(InstantColumn)
    revoked_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    ends_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    used_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    hint: Mapped[str | None] = mapped_column(String(12))
    permissions: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class TokenGrantRow(Base):
    """A role of a token at a site, for one unit and one gate or for all of them."""

    __tablename__ = "token_grants"

    token_id: Mapped[UUID] = mapped_column(ForeignKey("tokens.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit: Mapped[str] = mapped_column(String(36), primary_key=True, default=EVERYWHERE, server_default=EVERYWHERE)
    gate: Mapped[str] = mapped_column(String(40), primary_key=True, default=EVERYWHERE, server_default=EVERYWHERE)


class WrongTriesRow(Base):
    """Wrong tries in a row of one user name or from one address, kept so that a restart forgives nothing."""

    __tablename__ = "wrong_tries"
    __table_args__ = (CheckConstraint("count >= 0", name="wrong_tries_count"),)

    who: Mapped[str] = mapped_column(String(120), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(InstantColumn)


class AuthCounter(Base):
    """The newest version of what is known of users, sessions and tokens: one row, locked by whoever makes the next."""

    __tablename__ = "auth_counter"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


class AuthChange(Base):
    """What one version was about. The oldest are forgotten; who is behind them reads everything anew."""

    __tablename__ = "auth_change"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[AuthChangeKind] = mapped_column(choice(AuthChangeKind))
    key: Mapped[UUID]
