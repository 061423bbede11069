"""Taking in a batch of messages: one transaction, and every message counted in it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from monitor.adapters.catalogue import ADAPTERS, Adapter
from monitor.signals import health, queries
from monitor.signals.messages import DeadLetter, Heard, Message, Said, SignOfLife, dead
from monitor.signals.problems import DeadLetterUnknown
from monitor.signals.queries import KeptLetter, Key, Totals
from monitor.signals.reasons import DeadReason
from monitor.signals.rules import read
from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.devices.facts import Register
from registry.messages.topics import Channel
from registry.store.locks import hold


def take_in(
    session: Session,
    messages: Sequence[Message],
    register: Register,
    adapters: Mapping[str, Adapter] = ADAPTERS,
) -> Totals:
    """Store what is new, count what is known, set aside what cannot be understood; gives what this batch was.

    One batch at a time: a signal's position is behind all that anybody has seen, so whoever reads on misses none.
    """
    hold(session, "inbox")
    words = [read(message, register, adapters) for message in messages]
    first: dict[Key, Heard] = {}
    for word in words:
        if isinstance(word, Heard):
            first.setdefault((word.source, word.id), word)
    new = queries.claim(session, first.values())
    known = queries.digests(session, first.keys() - new)
    fresh: list[Heard] = []
    letters: list[DeadLetter] = []
    signs: list[SignOfLife] = []
    said: list[Said] = []
    duplicates = 0
    for message, word in zip(messages, words, strict=True):
        match word:
            case Heard():
                key = (word.source, word.id)
                if key in new and first[key] is word:
                    fresh.append(word)
                elif word.digest == known.get(key, first[key].digest):
                    duplicates += 1
                else:
                    letters.append(dead(message, DeadReason.ID_REUSED, word.id))
            case DeadLetter():
                letters.append(word)
            case SignOfLife():
                signs.append(word)
            case Said():
                said.append(word)
    queries.store_signals(session, fresh)
    health.note_events(session, fresh)
    changed = sum(health.note_states(session, said))
    queries.note_signs_of_life(session, _connections(said))
    return _record(
        session,
        stored=len(fresh) + changed,
        duplicates=duplicates + len(said) - changed,
        letters=letters,
        signs=signs,
    )


def _connections(said: Sequence[Said]) -> Sequence[SignOfLife]:
    return [
        SignOfLife(channel=Channel.ONLINE, device=each.device, online=each.online, received_at=each.received_at)
        for each in said
        if each.online is not None
    ]


def set_aside(session: Session, message: Message, detail: str) -> Totals:
    """Set aside a message that the store itself refuses."""
    hold(session, "inbox")
    letter = dead(message, DeadReason.UNSTORABLE, detail)
    return _record(session, stored=0, duplicates=0, letters=[letter], signs=[])


def dead_letter_for(session: Session, letter_id: int, reader: Principal) -> tuple[KeptLetter, bytes]:
    """One dead letter with its bytes, for whoever may see it; one that names no site is for those who see every site.

    Raises:
        DeadLetterUnknown: there is none, or not for this reader.

    """
    found = queries.dead_letter(session, letter_id)
    allowed = reader.sites(Permission.SIGNALS_READ)
    if found is None or not (isinstance(allowed, AllSites) or found[0].site in allowed):
        raise DeadLetterUnknown
    return found


def _record(
    session: Session, *, stored: int, duplicates: int, letters: Sequence[DeadLetter], signs: Sequence[SignOfLife]
) -> Totals:
    queries.store_dead_letters(session, letters)
    queries.note_signs_of_life(session, signs)
    by_channel = Counter(sign.channel for sign in signs)
    batch = Totals(
        received=stored + duplicates + len(letters),
        stored=stored,
        duplicate=duplicates,
        dead_letter=len(letters),
        heartbeat=by_channel[Channel.HEARTBEAT],
        state=by_channel[Channel.STATE],
        online=by_channel[Channel.ONLINE],
    )
    queries.add_to_totals(session, batch)
    return batch
