"""Users, their grants, sessions, tokens, and wrong tries at signing in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.columns import InstantColumn
from registry.tables import Base

EVERYWHERE = "*"
"""In a grant's `site`: all sites."""


class UserRow(Base):
    """A person who may sign in. `password` is an argon2id hash."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    password: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(InstantColumn)
    disabled_at: Mapped[datetime | None] = mapped_column(InstantColumn)


class GrantRow(Base):
    """A role of a user at a site."""

    __tablename__ = "grants"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), primary_key=True)


class SessionRow(Base):
    """A browser that signed in. `digest` is SHA-256 of the cookie's token, which is stored nowhere."""

    __tablename__ = "sessions"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(InstantColumn)
    seen_at: Mapped[datetime] = mapped_column(InstantColumn)
    ends_at: Mapped[datetime] = mapped_column(InstantColumn, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(InstantColumn)


class TokenRow(Base):
    """A program's bearer token. With an owner it never allows more than the owner may."""

    __tablename__ = "tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(InstantColumn)
    revoked_at: Mapped[datetime | None] = mapped_column(InstantColumn)


class TokenGrantRow(Base):
    """A role of a token at a site."""

    __tablename__ = "token_grants"

    token_id: Mapped[UUID] = mapped_column(ForeignKey("tokens.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)
    site: Mapped[str] = mapped_column(String(40), primary_key=True)


class WrongTriesRow(Base):
    """Wrong tries in a row of one user name or from one address, kept so that a restart forgives nothing."""

    __tablename__ = "wrong_tries"
    __table_args__ = (CheckConstraint("count >= 0", name="wrong_tries_count"),)

    who: Mapped[str] = mapped_column(String(120), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(InstantColumn)
