"""`dayuan key replace`: the way on when a key is lost for good."""

import argparse
import os
from contextlib import closing

from deploy.configuration import Configuration
from deploy.folder import DataFolder
from deploy.house import refuse_half_restored
from deploy.keys import SECRETS, SIGNING, fingerprint_of, mark_of
from deploy.stores import store_urls
from registry import audit
from registry.clock import SystemClock
from registry.marks.service import marks, replace
from registry.problems import Refusal
from registry.room import ROOM
from registry.store import Store
from registry.store.migrating import migrate

_LOST_WITH = {
    "attempt": "A reader that repeats a check from before is told that it is another one.",
    "audit": "What the chains hold so far cannot be checked any more: 'dayuan audit verify' calls them broken.",
    "device": "Cameras that we manage and the simulators are let in again once their devices have new secrets.",
    "identity": "The ID numbers that are stored cannot be read any more, nor people found by them: enter them again.",
    "provider": "Who was just signing in at the provider begins again.",
    "second-factor": "Second factors are worth nothing: take them from everybody who has one, so that a new one can be set up.",
    "services": "Nothing: our own processes are given new secrets at every start.",
    SIGNING: "The QR passes that were given out open no gate any more: give out new ones.",
}


def replace_key(options: argparse.Namespace, configuration: Configuration) -> int:
    """Make a key anew whose file is lost, and say what is lost with it."""
    name = options.name
    if name not in (*SECRETS, SIGNING):
        raise Refusal(f"There is no key {name}. There are: {', '.join(sorted((*SECRETS, SIGNING)))}.")
    folder = DataFolder(configuration.settings.data_dir)
    file = folder.path / "keys" / name
    if configuration.settings.store_url is None and not folder.store_file(ROOM.name).exists():
        raise Refusal(f"There is no store in {folder.path}. Name the data folder with --data-dir.")
    refuse_half_restored(folder)
    if file.exists():
        raise Refusal(f"The key file {file} is there. Only one that is lost is made anew; move it away if it is wrong.")
    folder.prepare()
    claim = folder.own()
    try:
        _make_anew(name, folder, store_urls(configuration.settings)[ROOM.name])
    finally:
        os.close(claim)
    print(f"{file} is made anew. {_LOST_WITH[name]}")  # noqa: T201 - the command's own voice
    return 0


def _make_anew(name: str, folder: DataFolder, url: str) -> None:
    with closing(Store.open(ROOM, url)) as registry:
        migrate(registry)
        with registry.read() as session:
            known = marks(session)
    if mark_of(name) not in known:
        raise Refusal(f"This house never had a key {name}: it is made at the next start.")
    if name != "audit" and not (folder.path / "keys" / "audit").exists():
        raise Refusal("The audit key is lost too. Replace that one first, so that this can be written down.")
    with closing(Store.open(ROOM, url, audit_key=folder.key("audit"))) as registry:
        now = SystemClock().now()
        with registry.begin(now) as work:
            replace(work.session, mark_of(name), fingerprint_of(folder, name))
            audit.record(
                work.session, actor="command line", action="key-replaced", site=None, subject=f"key:{name}", now=now
            )
