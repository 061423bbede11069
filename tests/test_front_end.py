"""The pages' libraries: fetched by lock and hash, and only when they are not there."""

import json
import shutil
from pathlib import Path

import pytest

import front_end
from front_end import FrontEndMissing, complete

ROOT = Path(front_end.__file__).parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What the hook reads, with libraries that are complete."""
    if not (ROOT / front_end.VENDOR).is_dir():
        pytest.skip("the front-end files are not there; run: python front_end.py")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / front_end.VENDOR, tmp_path / front_end.VENDOR)
    return tmp_path


def test_complete_files_need_no_network(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (project / "package-lock.json").unlink()
    assert complete(project) is False


@pytest.mark.parametrize("fault", ["gone", "changed", "too-many"])
def test_files_that_are_not_ours_are_fetched_anew(project: Path, fault: str) -> None:
    file = project / front_end.VENDOR / "htmx.min.js"
    match fault:
        case "gone":
            file.unlink()
        case "changed":
            file.write_text("alert(1)")
        case _:
            (file.parent / "more.js").write_text("alert(1)")
    lock = json.loads((project / "package-lock.json").read_text())
    lock["packages"] = {"": {}}  # nothing to fetch: npm then refuses before it asks anybody
    (project / "package-lock.json").write_text(json.dumps(lock))
    with pytest.raises(FrontEndMissing):
        complete(project)


def test_the_lock_names_hashes_and_no_download_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        if name:
            assert package["integrity"].startswith("sha512-")
            assert "resolved" not in package
