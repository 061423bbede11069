"""`demo.json`: the address, the accounts and the examples of the demo, for people and programs that try it (DESIGN 4)."""

import json
from enum import StrEnum
from typing import Any

from deploy.addresses import house_url, mqtt_place
from deploy.demo.city_map import FIRST, SECOND
from deploy.demo.examples import Examples
from deploy.demo.filling import Filled
from deploy.folder import DataFolder, write_private
from registry.clock import Instant, format_instant
from registry.devices.facts import Register
from registry.devices.secrets import device_secret
from registry.passes.pins import MadePin
from registry.passes.service import NewQrPass
from registry.problems import Refusal
from registry.qr.passes import PassClaims, sign_pass
from registry.settings import Settings


class Past(StrEnum):
    """Whether what happened before the demo was opened is in the stores; a city that stands still has none."""

    NONE = "none"
    DUE = "due"
    DONE = "done"


_FOR_US = ("filled_at", "people", "simulators", "past")
"""What stands on the paper that is kept and is nobody else's business."""


def first_paper(
    filled: Filled, register: Register, folder: DataFolder, *, people: int, past: Past, now: Instant
) -> dict[str, Any]:
    """What only the moment of filling knows, and what follows from it. `people`: how many the city was asked to have."""
    key = folder.key("device")
    return {
        "users": {role.value: {"password": user.password, "token": user.token} for role, user in filled.users.items()},
        "devices": {
            str(device.address): {
                "username": device.address.username,
                "password": device_secret(key, device.address, device.secret_generation),
            }
            for device in register.devices.values()
        },
        "filled_at": format_instant(now),
        "people": people,
        "simulators": filled.simulators.token,
        "past": past,
        "examples": _examples(filled.city.examples, _signed(filled.city.examples.qr, folder), filled.pin),
    }


def keep_paper(folder: DataFolder, paper: dict[str, Any]) -> None:
    """Put away what later runs need, for its owner's eyes alone."""
    write_private(folder.demo_secrets, _written(paper))


def kept_paper(folder: DataFolder) -> dict[str, Any]:
    """What the run that filled the store has put away.

    Raises:
        Refusal: it is gone or damaged, so nobody knows the passwords.
    """
    try:
        paper = json.loads(folder.demo_secrets.read_bytes())
    except (FileNotFoundError, ValueError):
        paper = None
    if not isinstance(paper, dict) or not paper.keys() >= set(_FOR_US):
        raise Refusal(
            f"The house of {folder.path} was not filled by the demo, or {folder.demo_secrets} is damaged. "
            "Leave out --demo, or begin anew with another --data-dir (and an empty database, if it is in one)."
        )
    return paper


def publish_paper(folder: DataFolder, settings: Settings, paper: dict[str, Any]) -> None:
    """Write `demo.json` with the addresses of this run; done once everything answers, so who sees it can use it."""
    host, port = mqtt_place(settings)
    addresses = {
        "url": house_url(settings),
        "mqtt": {"host": host, "port": port},
    }
    told = {key: value for key, value in paper.items() if key not in _FOR_US}
    write_private(folder.demo_file, _written({**addresses, **told}))


def _written(paper: dict[str, Any]) -> bytes:
    return json.dumps(paper, ensure_ascii=False, indent=1).encode()


def _signed(qr_pass: NewQrPass, folder: DataFolder) -> str:
    claims = PassClaims(
        credential=qr_pass.id, sites=qr_pass.sites, not_before=qr_pass.valid_from, not_after=qr_pass.valid_until
    )
    return sign_pass(folder.pass_key(), claims)


def _examples(examples: Examples, qr_text: str, pin: MadePin) -> dict[str, str]:
    return {
        "gate": f"{FIRST}-north",
        "plate_valid": examples.plate_valid,
        "plate_last_year": examples.plate_last_year,
        "plate_unknown": examples.plate_unknown,
        "plate_denied": examples.plate_denied,
        "card_valid": examples.card_valid,
        "card_expired": examples.card_expired,
        "card_revoked": examples.card_revoked,
        "card_lost": examples.card_lost,
        "card_other_site": examples.card_other_site,
        "card_south_gate_only": examples.card_south_gate_only,
        "card_outside_hours": examples.card_outside_hours,
        "qr_valid": qr_text,
        "pin_valid": pin.pin,
        "pin_duress": pin.duress,
        "card_needs_escort": examples.card_needs_escort,
        "card_escort": examples.card_escort,
        "card_clearance_5": examples.card_clearance_5,
        "gate_two_person": f"{SECOND}-archive",
        "card_archive": examples.card_archive,
        "card_archive_second": examples.card_archive_second,
    }
