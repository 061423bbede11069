"""A signal, and the fault of a dead letter, as one plain sentence. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from monitor.signals.bytes_shown import as_text
from registry.i18n import Language, Translator
from registry.messages.events import EVENT_DATA, BeamInterrupted, EntryDecided, EventData, GuardCalled, PatrolScan
from registry.plates.grammar import Plate, parse_plate

_PYDANTIC = (
    ("Field required", "missing"),
    ("Input should", "value"),
    ("String should have at most", "long"),
    ("String should have at least", "short"),
    ("String should match", "form"),
    ("Value error", "value"),
)
"""How the messages of our validation begin, and what they come to in the catalogues."""
_PLACE = re.compile(r"line (\d+) column (\d+)")


def name_of(event_type: str, t: Translator) -> str:
    """What this type of signal is called; the type itself where it has no name."""
    key = f"control_room.signal_{event_type.split('.')[2]}"
    return t(key) if t.has(key) else event_type


def particulars(event_type: str, data: Mapping[str, Any], t: Translator) -> str | None:
    """What this one says in particular: who was refused and why, how long the beam was broken. None: only its name."""
    try:
        read = EVENT_DATA.get(event_type, EventData).model_validate(data)
    except ValidationError:
        return None  # stored when the model was another; its bytes are shown as they came
    match read:
        case EntryDecided() as decided:
            said = t(
                f"signals.said_{decided.verdict}",
                what=_shown(decided.plate, t) if decided.plate else _kind(decided.credential, t),
                reason=t(f"reason.{decided.reason}"),
            )
        case PatrolScan(guard=str(guard)) | GuardCalled(guard=str(guard)):
            said = guard
        case BeamInterrupted(dur_ms=float(milliseconds)):
            said = t("signals.said_seconds", n=f"{milliseconds / 1000:.1f}")
        case _:
            return None
    return as_text(said.encode())


def sentence(event_type: str, data: Mapping[str, Any], t: Translator) -> str:
    """Name and particulars; what a gate decided needs no name before it."""
    said = particulars(event_type, data, t)
    if said is not None and EVENT_DATA.get(event_type) is EntryDecided:
        return said
    return name_of(event_type, t) if said is None else t("signals.sentence", name=name_of(event_type, t), said=said)


def fault(detail: str, t: Translator) -> str:
    """The detail of a dead letter in the reader's language, as far as it is a message of ours and no word of the sender."""
    if t.language is Language.EN:
        return detail
    place = _PLACE.search(detail)
    if place is not None:
        return t("signals.fault_place", line=place[1], column=place[2])
    field, _, message = detail.partition(": ")
    kind = next((kind for begins, kind in _PYDANTIC if message.startswith(begins)), None)
    return detail if kind is None else t(f"signals.fault_{kind}", field=field)


def _shown(plate: str, t: Translator) -> str:
    read = parse_plate(plate)
    return read.display if isinstance(read, Plate) else t("signals.credential_plate")


def _kind(credential: str | None, t: Translator) -> str:
    key = f"signals.credential_{credential}"
    return t(key) if t.has(key) else t("signals.credential_other")
