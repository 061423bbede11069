"""Pictures are kept once, whole, and only if they are pictures."""

import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.ids import MediaId, SiteId, new_id
from registry.media.problems import PictureTooLarge, UnreadablePicture
from registry.media.rules import MAX_BYTES, MediaKind
from registry.media.size import size_of
from registry.media.store import MediaStore, write_once
from registry.problems import NotFound
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.pictures import a_picture

OC1, OC2 = SiteId("oc1"), SiteId("oc2")


@pytest.fixture
def media(registry_store: Store, clock: FixedClock, tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media", registry_store, clock)


@pytest.mark.parametrize(
    ("suffix", "content_type"), [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp")]
)
def test_a_picture_is_kept_by_its_content(media: MediaStore, suffix: str, content_type: str) -> None:
    data = a_picture(suffix)
    ref = media.put(data, site=OC1, kind=MediaKind.SNAPSHOT)
    file = media.get(ref.id)
    assert file.path.read_bytes() == data
    assert (file.site, file.content_type) == (OC1, content_type)
    assert file.path.parts[-3:] == (ref.sha256[:2], ref.sha256[2:4], ref.sha256)


def test_the_same_picture_twice_is_one(media: MediaStore) -> None:
    first = media.put(a_picture(), site=OC1, kind=MediaKind.SNAPSHOT)
    again = media.put(a_picture(), site=OC1, kind=MediaKind.PLATE)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.id == first.id
    assert again.kind == MediaKind.SNAPSHOT


def test_the_same_picture_at_another_site_is_another_one_of_the_same_file(media: MediaStore) -> None:
    here = media.put(a_picture(), site=OC1, kind=MediaKind.SNAPSHOT)
    there = media.put(a_picture(), site=OC2, kind=MediaKind.SNAPSHOT)
    assert here.id != there.id
    assert media.get(here.id).path == media.get(there.id).path


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a....",
        b"<svg/>",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"\xff\xd8\xff" + b"\x00" * 500,
    ],
    ids=["empty", "gif", "svg", "jpeg-head", "png-head", "webp-head", "jpeg-noise"],
)
def test_what_is_no_readable_picture_is_refused_and_leaves_nothing(media: MediaStore, data: bytes) -> None:
    with pytest.raises(UnreadablePicture):
        media.put(data, site=OC1, kind=MediaKind.SNAPSHOT)
    assert not media.folder.exists()


def test_a_picture_cut_off_in_its_header_is_refused(media: MediaStore) -> None:
    with pytest.raises(UnreadablePicture):
        media.put(a_picture("png")[:40], site=OC1, kind=MediaKind.SNAPSHOT)


def test_too_many_bytes_are_refused(media: MediaStore) -> None:
    with pytest.raises(PictureTooLarge):
        media.put(a_picture() + b"\0" * MAX_BYTES, site=OC1, kind=MediaKind.SNAPSHOT)


def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused_unopened(media: MediaStore) -> None:
    header = b"IHDR" + (60_000).to_bytes(4) + (60_000).to_bytes(4) + b"\x08\x00\x00\x00\x00"
    bomb = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + header + zlib.crc32(header).to_bytes(4)
    with pytest.raises(PictureTooLarge):
        media.put(bomb, site=OC1, kind=MediaKind.SNAPSHOT)


def test_a_picture_that_is_not_there_is_not_found(media: MediaStore) -> None:
    with pytest.raises(NotFound):
        media.get(MediaId(new_id()))


def test_a_picture_whose_file_is_gone_is_not_found(media: MediaStore) -> None:
    ref = media.put(a_picture(), site=OC1, kind=MediaKind.SNAPSHOT)
    media.get(ref.id).path.unlink()
    with pytest.raises(NotFound):
        media.get(ref.id)


def test_a_write_that_fails_leaves_no_half_file(tmp_path: Path) -> None:
    folder = tmp_path / "a-file"
    folder.write_bytes(b"where a folder must be")
    with pytest.raises(OSError, match="a-file"):
        write_once(folder / "picture", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@given(width=st.integers(1, 70), height=st.integers(1, 70))
def test_the_size_in_the_header_is_the_size_of_the_picture(suffix: str, width: int, height: int) -> None:
    encoded = cv2.imencode(f".{suffix}", np.zeros((height, width, 3), np.uint8))[1].tobytes()
    assert size_of(encoded) == (width, height)


@given(data=st.binary(max_size=200))
def test_no_bytes_break_the_look_at_the_header(data: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF1234WEBPVP8L", b"RIFF1234WEBPVP8X"):
        size = size_of(start + data)
        assert size is None or len(size) == 2
