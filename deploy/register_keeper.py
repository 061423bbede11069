"""The register of sites, devices and zones in a process's memory, kept true by the change feed."""

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from registry.devices.facts import Register
from registry.devices.reading import load_register, register_version
from registry.store import Store

log = structlog.get_logger()

POLL_SECONDS = 0.5


class RegisterKeeper:
    """Gives the newest register at once; a thread looks for changes twice a second."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._register = self._load()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="register", daemon=True)

    def __call__(self) -> Register:
        return self._register

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            try:
                with self._store.read() as session:
                    is_newer = register_version(session) != self._register.version
                if is_newer:
                    self._register = self._load()
                    log.info("register-loaded", version=self._register.version)
            except SQLAlchemyError as error:
                log.warning("register-unreadable", error=str(error.__cause__ or error))

    def _load(self) -> Register:
        with self._store.read() as session:
            return load_register(session)
