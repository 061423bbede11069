"""Naming a person in a form: by name, phone or ID number, so that a clerk types what stands on the paper before them."""

import re
from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from registry.ids import PersonId, SiteId
from registry.people.identity import IdentityKeys, searched_number
from registry.people.queries import people, people_called
from registry.problems import Unprocessable

_BETWEEN = re.compile(r"[\n,，、;；]+")
_SHOWN = 4


class NobodyNamed(Unprocessable):
    """`words`: what was typed."""

    slug = "nobody-named"
    title = "Nobody at your sites is called so"


class SeveralNamed(Unprocessable):
    """`words`: what was typed; `found`: those who are meant by it, with their phones."""

    slug = "several-named"
    title = "Several people are called so"


def one_named(session: Session, keys: IdentityKeys, words: str, sites: Collection[SiteId]) -> PersonId:
    """The one person whom the words mean: all of an ID number, a phone, or a name that only one has.

    Raises:
        NobodyNamed, SeveralNamed: there is not exactly one.

    """
    text = " ".join(words.split())
    index = keys.index(searched_number(text))
    meant = (
        people(session, sites, id_index=index, limit=_SHOWN + 1)
        or people_called(session, sites, text, limit=_SHOWN + 1)
        or people(session, sites, words=text, keys=keys, limit=_SHOWN + 1)
    )
    if not meant:
        raise NobodyNamed(f"Nobody at your sites is called {text}: register them first.", words=text)
    if len(meant) > 1:
        told = ", ".join(f"{one.person.name} {one.person.phone or ''}".strip() for one in meant[:_SHOWN])
        raise SeveralNamed("Several are called so: type the phone or the ID number.", words=text, found=told)
    return meant[0].person.id


def all_named(session: Session, keys: IdentityKeys, text: str, sites: Collection[SiteId]) -> Sequence[PersonId]:
    """Everybody of a list, a line or a comma between them, each once."""
    names = [name for name in _BETWEEN.split(text) if name.strip()]
    return list(dict.fromkeys(one_named(session, keys, name, sites) for name in names))
