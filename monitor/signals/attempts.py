"""Trying dead letters again, once a device is registered or an adapter mended: the kept bytes go through today's reader.

What was received stays received, and stays received when it was: only what became of it changes. Whatever is understood now
becomes a signal behind all others, as every signal does, so that whoever reads on misses none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor.signals import letters, queries, service
from monitor.signals.letters import Letter, Wanted
from monitor.signals.messages import DeadLetter
from monitor.signals.problems import DeadLetterUnknown, NotWhole
from monitor.signals.queries import Totals
from monitor.signals.rules import read
from registry import audit
from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.clock import Instant
from registry.devices.facts import Register
from registry.ids import SiteId
from registry.store import Work
from registry.store.locks import hold

AT_ONCE = 100
"""Letters of one transaction at most: the inbox waits for it, some 1 ms for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What became of dead letters. tried = stored + duplicate + still.

    `cut`: those that are left as they were, because only their beginning was kept; not among the tried.
    `next`: letters older than this one were not tried yet; None: there are none.
    """

    tried: int = 0
    stored: int = 0
    duplicate: int = 0
    still: int = 0
    cut: int = 0
    next: int | None = None


def try_one(work: Work, letter_id: int, register: Register, by: Principal) -> Attempts:
    """Try one again.

    Raises:
        DeadLetterUnknown: there is none, or not for this person; it may just have been tried by another.
        NotWhole: only its beginning was kept.

    """
    hold(work.session, "inbox")
    found = queries.dead_letter(work.session, letter_id)
    letter = letters.one(work.session, letter_id)
    allowed = by.sites(Permission.DEAD_LETTERS_TRY)
    if found is None or letter is None or not (isinstance(allowed, AllSites) or found[0].site in allowed):
        raise DeadLetterUnknown
    if not letter.is_whole:
        raise NotWhole
    outcome = _try([letter], work, register)
    _write_down(work, by, f"dead-letter:{letter_id}", found[0].site, outcome)
    return outcome


def try_some(
    work: Work, wanted: Wanted, register: Register, by: Principal, *, before_id: int | None = None, limit: int = AT_ONCE
) -> Attempts:
    """Try the newest of these again, older than `before_id`."""
    hold(work.session, "inbox")
    found = letters.to_try(work.session, wanted, before_id=before_id, limit=limit + 1)
    outcome = _try(found[:limit], work, register, following=found[limit - 1].id if len(found) > limit else None)
    if found:
        [site] = wanted.sites if wanted.sites is not None and len(wanted.sites) == 1 else [None]
        subject = f"dead-letters:{wanted.reason or 'all'}:{wanted.device or 'all'}"
        _write_down(work, by, subject, site, outcome)
    return outcome


def _try(found: Sequence[Letter], work: Work, register: Register, *, following: int | None = None) -> Attempts:
    whole = [letter for letter in found if letter.is_whole]
    became = [_try_letter(work.session, letter, register, work.now) for letter in whole]
    return Attempts(
        tried=len(whole),
        stored=sum(one.stored for one in became),
        duplicate=sum(one.duplicate for one in became),
        still=sum(one.dead_letter for one in became),
        cut=len(found) - len(whole),
        next=following,
    )


def _try_letter(session: Session, letter: Letter, register: Register, now: Instant) -> Totals:
    """What it became, as the inbox counts; the counters are put right."""
    word = read(letter.message, register)
    if isinstance(word, DeadLetter):
        letters.say_why(session, letter.id, word.reason.value, word.detail)
        return Totals(dead_letter=1)
    last_letter, last_signal = letters.newest_id(session), letters.last_position(session)
    became = service.take_in(session, [letter.message], register)
    queries.add_to_totals(session, Totals(received=-1, dead_letter=-1))  # it was counted when it came
    if became.dead_letter:
        letters.say_why(session, letter.id, *letters.remove_after(session, last_letter))
    else:
        letters.remove(session, letter.id)
        letters.mark_retried(session, after=last_signal, at=now)
    return became


def _write_down(work: Work, by: Principal, subject: str, site: str | None, outcome: Attempts) -> None:
    audit.record(
        work.session,
        actor=by.name,
        action="dead-letters-tried",
        site=SiteId(site) if site is not None else None,
        subject=subject,
        facts={
            "tried": outcome.tried,
            "stored": outcome.stored,
            "duplicate": outcome.duplicate,
            "still": outcome.still,
        },
        now=work.now,
    )
