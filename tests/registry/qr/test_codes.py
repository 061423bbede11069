import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.plates.pictures import decode_picture, open_picture
from registry.qr.codes import make_qr_svg, read_qr
from registry.qr.command import read_qr_files
from tests.makers.codes import a_picture_of_code


@settings(max_examples=25, deadline=None)
@example(text="\u0f81@")  # also two signs of Shift JIS
@given(
    text=st.text(
        st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_categories=("Cs", "Cc", "Cn")),
        min_size=1,
        max_size=120,
    )
)
def test_what_is_drawn_is_read_again(text: str) -> None:
    assert read_qr(decode_picture(a_picture_of_code(text))) == [text]


def test_two_codes_on_one_picture_are_both_read() -> None:
    codes = [decode_picture(a_picture_of_code(text, module_pixels=4)) for text in ("CP-01", "CP-02")]
    assert sorted(read_qr(np.hstack(codes))) == ["CP-01", "CP-02"]


def test_a_wall_has_no_code() -> None:
    assert read_qr(np.full((200, 300, 3), 200, np.uint8)) == []


def test_a_drawn_code_is_whole_and_carries_no_style() -> None:
    drawn = make_qr_svg("DY1:ABC")
    assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314  # we wrote it
    assert "style" not in drawn
    assert "<script" not in drawn


def test_files_are_read_one_line_each_and_a_broken_one_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"")
    (tmp_path / "slip.png").write_bytes(a_picture_of_code("通行证 7"))
    out, err = io.StringIO(), io.StringIO()
    files = [tmp_path / "broken.png", tmp_path / "slip.png"]
    assert read_qr_files(files, as_json=True, out=out, err=err) == 2
    broken, slip = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (broken["texts"], broken["error"]) == ([], "The file is empty.")
    assert slip["texts"] == ["通行证 7"]
    assert slip.keys() == {"file", "texts", "ms"}


@pytest.mark.parametrize("negative", [False, True])
def test_real_codes_are_read_and_nothing_else(real_data: Path, negative: bool) -> None:  # noqa: FBT001  # pytest passes it
    with (real_data / "qr" / "labels.csv").open(encoding="utf-8", newline="") as labels:
        rows = [row for row in csv.DictReader(labels) if row["set"].startswith("negative") is negative]
    read = {row["file"]: read_qr(open_picture(real_data / "qr" / row["file"])) for row in rows}
    found = sum(bool(texts) for texts in read.values())
    assert found == 0 if negative else found / len(rows) >= 0.9
