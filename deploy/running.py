"""What every command that keeps running does alike: claim the data folder, start the house, tend it until it is told to stop."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from deploy.configuration import Configuration
from deploy.folder import DataFolder
from deploy.forms import Form
from deploy.home import Home
from deploy.stopping import leave_at_once, stop_on_signals
from registry import logs
from registry.clock import Clock, SystemClock
from registry.settings import Settings
from registry.store import Store

_TEND_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A claimed data folder, and what ends when the command does. `ends` is unwound in reverse order."""

    form: Form
    settings: Settings
    folder: DataFolder
    clock: Clock
    stop: threading.Event
    ends: ExitStack

    def home(self, registry: Store) -> Home:
        """The house of this form; its ports are free.

        Raises:
            Refusal: another program has one of them.
        """
        home = Home(settings=self.settings, folder=self.folder, registry=registry, clock=self.clock, form=self.form)
        home.claim_ports()
        return home

    def tend(self, home: Home, greet: Callable[[], None]) -> None:
        """Start the house, greet, and keep it until the command is told to stop.

        Raises:
            Refusal: a part does not start.
        """
        self.ends.callback(home.stop)
        home.start()
        greet()
        while not self.stop.wait(_TEND_SECONDS):
            home.tend()


@contextmanager
def running(configuration: Configuration, form: Form) -> Iterator[Running]:
    """Claim the data folder for as long as the block lasts; everything that was started in it is ended with it.

    Raises:
        Refusal: the folder cannot be used, or another process has it.
    """
    folder = DataFolder(configuration.settings.data_dir.absolute())
    changes: dict[str, object] = {"data_dir": folder.path}
    if configuration.is_default("port"):
        changes["port"] = form.port
    settings = configuration.settings.model_copy(update=changes)
    stop = stop_on_signals()
    folder.prepare()
    logs.configure(process=form.supervisor, as_json=settings.log_json, file=folder.logs / f"{form.supervisor}.log")
    logs.catch_the_rest()
    with ExitStack() as ends:
        ends.callback(leave_at_once)
        for claim in (folder.own(),) if form.is_whole else folder.own_part(form.name):
            ends.callback(os.close, claim)
        yield Running(form=form, settings=settings, folder=folder, clock=SystemClock(), stop=stop, ends=ends)
