"""The picture of the moment: what was seen is framed, and it goes to the media store before the event."""

from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

import cv2
import httpx
import structlog
from pydantic import ValidationError

from monitor.cameras.activities import SeenThing
from registry.messages.events import MediaReference
from registry.video.source import Picture

log = structlog.get_logger()

QUALITY: Final = 85
FRAME_COLOUR: Final = (70, 200, 255)  # blue green red: amber, seen on lawn, tarmac and night alike
FRAME_OPACITY: Final = 0.75
MARGIN: Final = 3  # px between a thing and its frame
TIMEOUT: Final = httpx.Timeout(3.0, connect=1.0)  # s; the event waits for its picture no longer than this


def snapshot_of(picture: Picture, things: Iterable[SeenThing]) -> bytes | None:
    """The picture as JPEG with a light frame around each thing; None where it cannot be encoded."""
    framed = picture.copy()
    thick = max(1, round(picture.shape[1] / 640))
    for x, y, width, height in (thing.box for thing in things):
        corner = (x + width + MARGIN, y + height + MARGIN)
        cv2.rectangle(framed, (x - MARGIN, y - MARGIN), corner, FRAME_COLOUR, thick, cv2.LINE_AA)
    blended = cv2.addWeighted(framed, FRAME_OPACITY, picture, 1 - FRAME_OPACITY, 0)
    encoded, data = cv2.imencode(".jpg", blended, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes() if encoded else None


class MediaStoreClient:
    """Puts pictures into the product's media store as one device, by HTTP Basic with its MQTT account."""

    def __init__(self, url: str, *, username: str, password: str) -> None:
        self._client = httpx.Client(base_url=url, auth=(username, password), timeout=TIMEOUT, trust_env=False)

    def put(self, jpeg: bytes, *, camera: str) -> MediaReference | None:
        """Store a picture; None, and a line in the log, where that is not possible now."""
        try:
            answer = self._client.put(
                "/api/media", params={"kind": "snapshot"}, content=jpeg, headers={"content-type": "image/jpeg"}
            )
            answer.raise_for_status()
            return MediaReference.model_validate_json(answer.content)
        except httpx.HTTPStatusError as error:
            log.warning("snapshot-refused", camera=camera, status=error.response.status_code)
        except httpx.HTTPError as error:
            log.warning("snapshot-not-stored", camera=camera, why=type(error).__name__)
        except ValidationError:
            log.warning("snapshot-answer-unreadable", camera=camera)
        return None

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
