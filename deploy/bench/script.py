"""What is asked of a gate in a benchmark."""

from collections.abc import Sequence
from dataclasses import dataclass

import uuid_utils

PATH = "/api/gateway/checks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Each card goes in, and when all have gone in, each goes out, and so on: every answer is a grant.

    Its numbers are of the kind that readers are asked for, UUIDv7.
    """

    gate: str
    cards: Sequence[str]
    token: str

    def request(self, number: int) -> bytes:
        lap, card = divmod(number, len(self.cards))
        # Put together by hand: the asker must leave the machine to those who are measured.
        body = (
            f'{{"attempt_id":"{uuid_utils.uuid7()}","gate":"{self.gate}","direction":"{"out" if lap % 2 else "in"}",'
            f'"credential":{{"kind":"card","value":"{self.cards[card]}"}}}}'
        )
        return (
            f"POST {PATH} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def is_right(self, answer: bytes) -> bool:
        return answer.startswith(b"HTTP/1.1 200") and b'"verdict":"granted"' in answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One page or list, again and again. `is_part`: a part of a page, asked for as the page does."""

    path: str
    token: str = ""
    is_part: bool = False

    def request(self, number: int) -> bytes:
        part = "HX-Request: true\r\n" if self.is_part else ""
        return (
            f"GET {self.path} HTTP/1.1\r\nHost: bench\r\nAccept: text/html\r\n{part}"
            f"Authorization: Bearer {self.token}\r\n\r\n"
        ).encode()

    def is_right(self, answer: bytes) -> bool:
        return answer.startswith(b"HTTP/1.1 200")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """One request after the other, each as it is written here."""

    requests: Sequence[bytes]

    def request(self, number: int) -> bytes:
        return self.requests[number % len(self.requests)]

    def is_right(self, answer: bytes) -> bool:
        return answer.startswith(b"HTTP/1.1 200")
