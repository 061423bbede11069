"""Of a camera's address, no password is shown, wherever its maker puts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.video.address import is_live, shown_source


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("rtsp://viewer:p@ss@10.0.0.7/main", "rtsp://10.0.0.7/…"),
        ("rtsp://10.0.0.7:554/user=admin_password=secret_channel=1", "rtsp://10.0.0.7:554/…"),
        ("http://10.0.0.7/snap.jpg?user=admin&pwd=secret", "http://10.0.0.7/…"),
        ("http://10.0.0.7?pwd=secret", "http://10.0.0.7/…"),
        ("rtsp://admin:pa/ss@10.0.0.7/main", "rtsp://…"),
        ("rtsp://viewer:secret@10.0.0.7", "rtsp://10.0.0.7"),
        ("/srv/north.avi", "/srv/north.avi"),
        (None, ""),
    ],
)
def test_of_an_address_only_way_and_host_are_shown(source: str | None, shown: str) -> None:
    assert shown_source(source) == shown


@given(password=st.text(alphabet="abcXYZ019@:/?#%&=!", min_size=6, max_size=12))
def test_no_password_is_shown_whatever_signs_it_is_made_of(password: str) -> None:
    told = shown_source(f"rtsp://viewer:Q{password}Q@camera.invalid/Streaming/101")
    assert f"Q{password}Q" not in told
    assert not any(part in told for part in password.split("@") if len(part) > 5)


@pytest.mark.parametrize(
    ("source", "live"),
    [("rtsp://10.0.0.7/1", True), ("RTSP://10.0.0.7/1", True), ("rtmp://10.0.0.7/1", True), ("/srv/a.avi", False)],
)
def test_an_address_of_a_camera_is_known_by_its_scheme(source: str, *, live: bool) -> None:
    assert is_live(source) is live
