"""Reading access levels."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session, selectinload

from registry.access.facts import LevelFacts
from registry.ids import LevelId, SiteId
from registry.levels.models import AccessLevel
from registry.levels.rules import Window, week_of
from registry.passes.models import CardLevel, PinLevel, QrPassLevel
from registry.problems import NotFound
from registry.projects.models import Project

_WHOLE = (selectinload(AccessLevel.gates), selectinload(AccessLevel.windows))


class NoSuchLevel(NotFound):
    slug = "no-such-level"
    title = "There is no such access level here"


def level(session: Session, level_id: LevelId, sites: Collection[SiteId]) -> AccessLevel:
    """One level of these sites."""
    found = session.scalars(
        select(AccessLevel)
        .where(AccessLevel.id == level_id, AccessLevel.site.in_(sites))
        .options(*_WHOLE)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NoSuchLevel("There is no such access level at your sites.")
    return found


def levels(
    session: Session,
    sites: Collection[SiteId],
    *,
    words: str = "",
    after: LevelId | None = None,
    limit: int | None = None,
) -> Sequence[AccessLevel]:
    """The levels of these sites, by site and name; `words`: part of a name, `after`: the level before the first."""
    rows = select(AccessLevel).where(AccessLevel.site.in_(sites)).options(*_WHOLE)
    if words:
        rows = rows.where(
            AccessLevel.name_zh.icontains(words, autoescape=True)
            | AccessLevel.name_en.icontains(words, autoescape=True)
        )
    by = (AccessLevel.site, AccessLevel.name_zh)
    if after is not None and (last := session.get(AccessLevel, after)) is not None:
        rows = rows.where(tuple_(*by) > (last.site, last.name_zh))
    return session.scalars(rows.order_by(*by).limit(limit)).all()


def require_levels(session: Session, wanted: Collection[LevelId], sites: Collection[SiteId]) -> None:
    """Refuse levels that are none of these sites."""
    known = set(session.scalars(select(AccessLevel.id).where(AccessLevel.id.in_(wanted), AccessLevel.site.in_(sites))))
    if set(wanted) - known:
        raise NoSuchLevel("There is no such access level at the sites that it opens.")


def holders(session: Session, wanted: Collection[LevelId]) -> dict[LevelId, int]:
    """How many credentials and projects have each level."""
    found = dict.fromkeys(wanted, 0)
    for column in (CardLevel.level_id, QrPassLevel.level_id, PinLevel.level_id, Project.level_id):
        for level_id, count in session.execute(select(column, func.count()).where(column.in_(wanted)).group_by(column)):
            if level_id is not None:
                found[level_id] += count
    return found


def windows_of(row: AccessLevel) -> list[Window]:
    """Its windows, in the order of the week."""
    return sorted(Window(each.weekday, each.begins_minute, each.ends_minute) for each in row.windows)


def level_facts(row: AccessLevel) -> LevelFacts:
    """A level as the gates know it."""
    return LevelFacts(
        id=row.id,
        name_zh=row.name_zh,
        name_en=row.name_en,
        gates=frozenset(each.gate for each in row.gates),
        holidays=row.holidays,
        week=week_of(windows_of(row)),
    )


def all_level_facts(session: Session) -> dict[LevelId, LevelFacts]:
    """Every level of every compound."""
    return {row.id: level_facts(row) for row in session.scalars(select(AccessLevel).options(*_WHOLE))}
