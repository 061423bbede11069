"""Keeping pictures: the bytes in a file named by their SHA-256, what is known of them in the registry's store."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.audit import record
from registry.clock import Clock
from registry.ids import MediaId, SiteId, new_id
from registry.media.models import MediaRow
from registry.media.problems import PictureTooLarge, UnreadablePicture
from registry.media.rules import MAX_BYTES, MAX_PIXELS, RETENTION, MediaKind, content_type_of
from registry.media.size import size_of
from registry.problems import NotFound
from registry.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRef:
    """A stored picture as events carry it."""

    id: MediaId
    sha256: str
    kind: MediaKind
    is_new: bool
    """False: the same bytes were here already, under this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A stored picture as it is served."""

    id: MediaId
    site: SiteId
    path: Path
    content_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class MediaStore:
    """The pictures of the house, under one folder."""

    folder: Path
    store: Store
    clock: Clock

    def put(self, data: bytes, *, site: SiteId, kind: MediaKind, by: str | None = None) -> MediaRef:
        """Keep a picture; the same bytes of the same site are kept once and keep their first id and kind.

        `by`: the person whose act it is, for the audit; None for what a camera or a program saw.

        Raises:
            PictureTooLarge: more bytes or pixels than we take.
            UnreadablePicture: it is none of ours or damaged.

        """
        content_type = check_picture(data)
        sha256 = hashlib.sha256(data).hexdigest()
        write_once(self._path(sha256), data)
        with self.store.begin(self.clock.now()) as work:
            known = _row(work.session, sha256, site)
            if known is not None:
                return MediaRef(id=MediaId(known.id), sha256=sha256, kind=MediaKind(known.kind), is_new=False)
            row = MediaRow(
                id=new_id(),
                sha256=sha256,
                site=site,
                kind=kind,
                retention=RETENTION[kind],
                content_type=content_type,
                size=len(data),
                at=work.now,
                locked=False,
            )
            work.session.add(row)
            if by is not None:
                facts = {"kind": str(kind), "sha256": sha256}
                subject = f"media:{row.id}"
                record(
                    work.session, actor=by, action="picture-put", site=site, subject=subject, facts=facts, now=work.now
                )
            return MediaRef(id=MediaId(row.id), sha256=sha256, kind=kind, is_new=True)

    def get(self, media_id: MediaId) -> MediaFile:
        """Find a picture.

        Raises:
            NotFound: there is none, or its file was taken away.

        """
        with self.store.read() as session:
            row = session.get(MediaRow, media_id)
            if row is None or not (path := self._path(row.sha256)).is_file():
                raise NotFound
            return MediaFile(
                id=media_id, site=SiteId(row.site), path=path, content_type=row.content_type, sha256=row.sha256
            )

    def _path(self, sha256: str) -> Path:
        return picture_path(self.folder, sha256)


def picture_path(folder: Path, sha256: str) -> Path:
    """Where the picture of this digest lies."""
    return folder / sha256[:2] / sha256[2:4] / sha256


def check_picture(data: bytes) -> str:
    """Give the content type of a picture that can be read.

    Raises:
        PictureTooLarge: more bytes or pixels than we take.
        UnreadablePicture: it is none of ours or damaged.

    """
    if len(data) > MAX_BYTES:
        raise PictureTooLarge
    content_type = content_type_of(data)
    size = size_of(data)
    if content_type is None or size is None or 0 in size:
        raise UnreadablePicture
    width, height = size
    if width * height > MAX_PIXELS:
        raise PictureTooLarge
    # An eighth of the size is enough to see whether it can be read, and costs a tenth of the time.
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)
    except cv2.error:
        picture = None
    if picture is None:
        raise UnreadablePicture
    return content_type


def write_once(path: Path, data: bytes) -> None:
    """Write a file that is whole or not there, also after a power cut; one that is there is left as it is."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _row(session: Session, sha256: str, site: SiteId) -> MediaRow | None:
    return session.execute(
        select(MediaRow).where(MediaRow.sha256 == sha256, MediaRow.site == site)
    ).scalar_one_or_none()
