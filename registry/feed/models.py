"""The change feed's tables: one counter for each site, and what each version was about."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.feed.changes import ChangeKind
from registry.ids import SiteId
from registry.store.choices import choice
from registry.tables import Base


class FeedCounter(Base):
    """The newest version of a site. Its row is locked by whoever makes the next version, until the commit."""

    __tablename__ = "feed_counter"
    __table_args__ = (CheckConstraint("register_version <= version", name="register_not_ahead"),)

    site: Mapped[SiteId] = mapped_column(String(40), primary_key=True)
    version: Mapped[int]
    register_version: Mapped[int]
    """The newest version that was about sites, devices or zones."""


class FeedChange(Base):
    """One change at one site."""

    __tablename__ = "feed_change"

    site: Mapped[SiteId] = mapped_column(ForeignKey("feed_counter.site"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[ChangeKind] = mapped_column(choice(ChangeKind))
    key: Mapped[str] = mapped_column(String(200))
