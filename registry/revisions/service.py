"""Keeping what a record was after each change, and refusing a change that would overwrite somebody else's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.clock import Instant
from registry.problems import Conflict
from registry.revisions.models import Revision

Fields = Mapping[str, object]
"""A record as its pages show it: words, numbers, days as texts, lists of these. Never the number of a document."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not what it was."""

    field: str
    before: object
    after: object


class ChangedMeanwhile(Conflict):
    """`revision` is the newest number; `by` and `at` tell of the last change, `differences` of all since the reader's."""

    slug = "changed-meanwhile"
    title = "Somebody else changed it while you did"


def keep(session: Session, subject: str, action: str, before: Fields, after: Fields, *, by: str, now: Instant) -> int:
    """Keep a change; gives the number of the record's newest revision.

    The first change of a record that was made without one also keeps what it was before.
    """
    number = revision_of(session, subject)
    if number == 0 and before:
        number = 1
        session.add(Revision(subject=subject, number=1, action="as-it-was", by="", at=now, fields=dict(before)))
    number += 1
    session.add(Revision(subject=subject, number=number, action=action, by=by, at=now, fields=dict(after)))
    session.flush()
    return number


def revision_of(session: Session, subject: str) -> int:
    """The number of the newest revision; 0: nobody has changed the record since it was made."""
    return session.scalar(select(func.max(Revision.number)).where(Revision.subject == subject)) or 0


def require_unchanged(session: Session, subject: str, read: int) -> None:
    """Refuse to change a record that is no longer what its changer read; `read` is the number that they were shown.

    Raises:
        ChangedMeanwhile: it is at a later revision.

    """
    newest = revision_of(session, subject)
    if newest <= read:
        return
    those = _of(session, subject, max(read, 1), newest)
    last = those[-1]
    raise ChangedMeanwhile(
        "Somebody else changed it while you did. Look at what they wrote, then save yours again.",
        revision=newest,
        by=last.by,
        at=last.at,
        differences=differences(those[0].fields, last.fields),
    )


def history(session: Session, subject: str) -> Sequence[tuple[Revision, Sequence[Difference]]]:
    """Every revision with what it changed, the newest first."""
    those = _of(session, subject, 1, None)
    before: Fields = {}
    told = []
    for one in those:
        told.append((one, differences(before, one.fields) if before else ()))
        before = one.fields
    return told[::-1]


def differences(before: Fields, after: Fields) -> Sequence[Difference]:
    """The fields that differ, in the order of `after`."""
    names = [*after, *(name for name in before if name not in after)]
    return [
        Difference(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]


def _of(session: Session, subject: str, first: int, last: int | None) -> Sequence[Revision]:
    rows = select(Revision).where(Revision.subject == subject, Revision.number >= first).order_by(Revision.number)
    return session.scalars(rows if last is None else rows.where(Revision.number <= last)).all()
