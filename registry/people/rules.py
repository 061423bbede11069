"""When two files are likely of one person. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Likeness(StrEnum):
    """What two files have in common."""

    NAME_AND_BIRTHDAY = "name_and_birthday"
    NAME_AND_PHONE = "name_and_phone"
    SOUND_AND_PHONE = "sound_and_phone"
    """Names that are read alike, as 张华 and 章华: one of them was written as it was heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What of a file is compared; `sound`: how the name is read."""

    name: str
    sound: str
    phone: str | None = None
    birthday: date | None = None

    @property
    def keys(self) -> frozenset[str]:
        """Two files that are alike have one of these in common."""
        found = set[str]()
        if self.birthday is not None:
            found.add(f"{self.name} {self.birthday}")
        if self.phone:
            found.add(f"{self.sound} {self.phone}")
        return frozenset(found)


def likenesses(one: Marks, other: Marks) -> Sequence[Likeness]:
    """What two files have in common, the strongest first; nothing: they are of two people."""
    same_name, same_phone = one.name == other.name, one.phone is not None and one.phone == other.phone
    found = []
    if same_name and one.birthday is not None and one.birthday == other.birthday:
        found.append(Likeness.NAME_AND_BIRTHDAY)
    if same_name and same_phone:
        found.append(Likeness.NAME_AND_PHONE)
    elif same_phone and one.sound == other.sound:
        found.append(Likeness.SOUND_AND_PHONE)
    return found


def birthday_of(id_number: str | None) -> date | None:
    """The day of birth in a resident's number (digits 7 to 14); None: it is another document's, or says none."""
    if id_number is None or len(id_number) != 18:  # noqa: PLR2004 - of a resident's number
        return None
    try:
        return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return None
