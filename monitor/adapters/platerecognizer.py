"""Plate Recognizer: the answer to a picture, and the webhook of its stream, as JSON or as the form's field `json`."""

from typing import Any
from urllib.parse import parse_qs

from monitor.adapters.reading import flat, instant_of, json_of, number_of, short, text_of
from monitor.adapters.told import Foreign, Occurred, Stated, Told, Unreadable
from monitor.signals.reasons import DeadReason


def read(foreign: Foreign) -> Told:
    """Read one message. Of several plates the first is the event, and the others stand in its data."""
    payload = foreign.payload
    if payload.lstrip().startswith(b"json="):
        payload = (parse_qs(text_of(payload)).get("json") or [""])[0].encode()
    body = json_of(payload)
    if isinstance(body, Unreadable):
        return body
    body = body[0] if isinstance(body, list) and body else body
    if not isinstance(body, dict):
        return Unreadable(DeadReason.BAD_DATA, "not an object")
    inner = body.get("data")
    inner = inner if isinstance(inner, dict) else body
    results = (
        [one for one in inner.get("results") or [] if isinstance(one, dict)]
        if isinstance(inner.get("results"), list)
        else []
    )
    plates = [(one, text) for one in results if (text := _text(one))]
    camera = inner.get("camera_id")
    child = short(camera)[:200] if isinstance(camera, str) and camera else None
    if not plates:
        return Stated(flat(body), child=child)
    first, text = plates[0]
    box = first.get("box")
    sides = [number_of(box.get(side)) for side in ("xmin", "ymin", "xmax", "ymax")] if isinstance(box, dict) else [None]
    data: dict[str, Any] = {
        "text": text,
        "score": number_of(first.get("score")),
        "box": None
        if None in sides
        else [sides[0], sides[1], (sides[2] or 0) - (sides[0] or 0), (sides[3] or 0) - (sides[1] or 0)],
        "read": flat(first),
        "others": [other for _, other in plates[1:20]],
    }
    return Occurred("dayuan.camera.plate_read", data, instant_of(inner.get("timestamp"), foreign.timezone), child=child)


def _text(one: dict[str, Any]) -> str:
    plate = one.get("plate")
    if isinstance(plate, dict):  # of vehicles without a plate too
        props = plate.get("props")
        plates = props.get("plate") if isinstance(props, dict) else None
        plate = plates[0].get("value") if isinstance(plates, list) and plates and isinstance(plates[0], dict) else None
    return short(plate)[:40] if isinstance(plate, str) else ""
