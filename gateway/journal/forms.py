"""What every entry of a credential says of it, written once: at a gate the same few thousand are shown again and again."""

from collections import OrderedDict
from dataclasses import dataclass

import orjson

from gateway.checks.answers import NOTHING_TOLD, Told, told_of
from gateway.checks.circumstances import NOTHING_PARTICULAR
from gateway.checks.question import Question
from gateway.entries.announcing import attempt_key_of
from registry.access.facts import CredentialFacts
from registry.ids import CredentialId

MOST_KEPT = 25_000
"""Credentials whose forms are kept, those last shown: all of a large compound, at some 1 KB each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Forms:
    credential: CredentialFacts
    facts: orjson.Fragment
    told: Told
    attempt_key: str


_NONE = orjson.Fragment(b"{}")
"""Nothing particular: what is left out has its default."""


class Forms:
    """The JSON of credentials, kept as long as their facts are the same. For one thread."""

    def __init__(self, attempt_key: bytes) -> None:
        self.secret = attempt_key
        self._kept: OrderedDict[CredentialId, _Forms] = OrderedDict()

    def told(self, credential: CredentialFacts | None) -> Told:
        """What an answer tells of it."""
        return NOTHING_TOLD if credential is None else self._of(credential).told

    def attempt_key(self, question: Question) -> str:
        """The keyed digest of what was shown."""
        shown, credential = question.shown, question.credential
        if credential is not None and shown.key == credential.key and shown.kind is credential.kind:
            return self._of(credential).attempt_key
        return attempt_key_of(self.secret, shown.kind, shown.key)

    def question(self, question: Question) -> str:
        """The JSON of a question, from which it can be asked again."""
        credential = question.credential
        written = {
            "shown": question.shown,
            "site": question.site,
            "gate": question.gate,
            "lane": question.lane,
            "direction": question.direction,
            "denied": question.denied,
            "credential": None if credential is None else self._of(credential).facts,
            "inside": question.inside,
            "passback": question.passback,
            "timezone": question.timezone.key,
            "now": question.now,
            "schedule": question.schedule,
            "passback_minutes": question.passback_minutes,
            "circumstances": _NONE if question.circumstances is NOTHING_PARTICULAR else question.circumstances,
        }
        return _json(written).decode()

    def _of(self, credential: CredentialFacts) -> _Forms:
        kept = self._kept.get(credential.id)
        if kept is None or kept.credential is not credential:
            kept = self._kept[credential.id] = _Forms(
                credential=credential,
                facts=_to_keep(credential),
                told=Told(*map(_to_keep, told_of(credential))),
                attempt_key=attempt_key_of(self.secret, credential.kind, credential.key),
            )
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(credential.id)
        return kept


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z)


def _to_keep(value: object) -> orjson.Fragment:
    """The JSON in memory of its own length: what `orjson` gives holds on to the 4 or 8 KB that it was written in."""
    return orjson.Fragment(bytes(memoryview(_json(value))))


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form in an entry's facts")
