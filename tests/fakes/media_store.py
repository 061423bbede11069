"""A media store on a port of its own that keeps what it is given in memory."""

import hashlib
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import orjson

from registry.ids import new_id


@dataclass(slots=True)
class Put:
    """One picture as it came in."""

    path: str
    kind: str
    account: str
    content_type: str
    body: bytes


@dataclass(slots=True)
class FakeMediaStore:
    url: str = ""
    status: int = 201
    puts: list[Put] = field(default_factory=list)


@contextmanager
def running_media_store() -> Iterator[FakeMediaStore]:
    store = FakeMediaStore()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            target = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["content-length"]))
            account = b64decode(self.headers["authorization"].removeprefix("Basic ")).decode()
            kind = parse_qs(target.query)["kind"][0]
            store.puts.append(Put(target.path, kind, account, self.headers["content-type"], body))
            answer = {"id": str(new_id()), "sha256": hashlib.sha256(body).hexdigest(), "kind": kind}
            self.send_response(store.status)
            self.end_headers()
            self.wfile.write(orjson.dumps(answer))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield store
    server.shutdown()
    thread.join()
    server.server_close()
