"""Every published payload through its adapter, on the topic of its own kind: file → type, state or dead letter."""

import csv
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.adapters.catalogue import ADAPTERS
from monitor.adapters.told import Foreign, Occurred, Told, Unreadable
from registry.messages.events import EVENT_DATA

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "payloads.txt"
NAMES = {"axis_onvif": "onvif_xml", "onvif_ej": "onvif_mqtt"}
MOST_DEAD = 5


def adapter_of(file: str) -> str:
    return next(
        (name for start, name in NAMES.items() if file.startswith(start)),
        next(n for n in [*ADAPTERS, ""] if file.startswith(n)),
    )


def test_every_payload_ends_as_the_table_says(real_data: Path) -> None:
    """`DAYUAN_WRITE_GOLDEN=1` writes it anew; look at the difference before it is committed."""
    payloads = real_data / "payloads"
    with (payloads / "labels.csv").open(encoding="utf-8") as labels:
        told = {
            row["file"]: (row["topic_or_transport"], outcome_of(payloads / row["file"], row["topic_or_transport"]))
            for row in csv.DictReader(labels)
        }
    table = "".join(f"{file}\t{adapter_of(file)}\t{said(one)}\n" for file, (_, one) in sorted(told.items()))
    if os.environ.get("DAYUAN_WRITE_GOLDEN"):
        GOLDEN.write_text(table, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == table
    assert Counter(isinstance(one, Unreadable) for _, one in told.values())[True] <= MOST_DEAD


def outcome_of(file: Path, topic: str) -> Told:
    below = topic.split("onvif-ej/", 1)[-1] if "onvif-ej" in topic else topic.partition("/")[2]
    told = ADAPTERS[adapter_of(file.name)].read(
        Foreign(
            f"onvif-ej/{below}" if "onvif-ej" in topic else below,
            file.read_bytes(),
            retained=False,
            received_at=datetime(2026, 11, 23, tzinfo=UTC),
            timezone=ZoneInfo("Asia/Shanghai"),
        )
    )
    if isinstance(told, Occurred):
        EVENT_DATA[told.type].model_validate(told.data)
    return told


def said(told: Told) -> str:
    match told:
        case Occurred():
            return f"{told.type} {told.data.get('state', 'instant')}"
        case Unreadable():
            return f"dead letter: {told.reason}"
    return "state" if told.online is None else f"state, online {told.online}"
