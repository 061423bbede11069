"""How the simulators ask the product: HTTP with a token; a product that is away is tried again later."""

from typing import Any

import httpx
import structlog

log = structlog.get_logger()

_TIMEOUT_SECONDS = 10.0


class Speaker:
    """Asks the product's API as one of its users; None where it gave no good answer."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT_SECONDS, trust_env=False
        )

    def ask(self, method: str, path: str, **request: Any) -> Any | None:
        try:
            answer = self._client.request(method, path, **request)
        except httpx.HTTPError as error:
            log.info("product-not-reached", path=path, error=type(error).__name__)
            return None
        if answer.is_error:
            log.info("product-refused", path=path, status=answer.status_code)
            return None
        return answer.json()
