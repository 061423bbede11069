"""Videos and cameras as a source of frames."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.problems import Refusal
from registry.video.source import Broken, Ended, Frame, StreamClock, UnreadableVideo, Video
from tests.makers.videos import a_clip, cut_short, never_back


def _all_of(source: Path) -> tuple[list[Frame], Ended | Broken]:
    frames = []
    with Video.open(str(source)) as video:
        while isinstance(taken := video.read(), Frame):
            frames.append(taken)
    return frames, taken


def test_a_whole_file_gives_every_frame_with_its_time_and_then_ends(tmp_path: Path) -> None:
    frames, last = _all_of(a_clip(tmp_path / "gate.avi", pictures=20, rate=10))
    assert [frame.number for frame in frames] == list(range(20))
    assert [frame.t for frame in frames] == pytest.approx([number / 10 for number in range(20)])
    assert frames[0].picture.shape == (48, 64, 3)
    assert last == Ended(frames=20)


def test_a_file_that_was_cut_off_breaks_and_says_after_how_long(tmp_path: Path) -> None:
    frames, last = _all_of(cut_short(a_clip(tmp_path / "gate.avi", pictures=60, rate=10), share=0.5))
    assert 10 < len(frames) < 50
    assert isinstance(last, Broken)
    assert "of 6.0 s" in last.reason


def test_real_videos_of_many_kinds_are_read_to_their_end(real_data: Path) -> None:
    for name in ("shop_people.avi", "tamper_covered.mp4", "brightness_change.avi"):
        frames, last = _all_of(real_data / "video" / name)
        assert isinstance(last, Ended), name
        assert never_back(frame.t for frame in frames), name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.avi", "There is no file"),
        ("folder.avi", "is a folder"),
        ("empty.avi", "is empty"),
        ("text.avi", "is no video"),
    ],
)
def test_what_is_no_video_is_refused_with_one_sentence(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder.avi").mkdir()
    (tmp_path / "empty.avi").touch()
    (tmp_path / "text.avi").write_text("minutes of the guard's meeting\n" * 200)
    with pytest.raises(UnreadableVideo, match=said) as refused:
        Video.open(str(tmp_path / name))
    assert str(refused.value).count("\n") == 0


def test_a_camera_that_does_not_answer_is_refused_without_its_password() -> None:
    with pytest.raises(Refusal, match="does not answer") as refused:
        Video.open("rtsp://admin:Passw0rd!@127.0.0.1:9/user=admin_password=geheim?token=abc")
    assert "rtsp://127.0.0.1:9/…" in str(refused.value)
    assert not any(secret in str(refused.value) for secret in ("Passw0rd", "geheim", "abc"))


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(UnreadableVideo, match="rtsp://") as refused:
        Video.open("ftp://guard:secret@127.0.0.1/gate.avi")
    assert "secret" not in str(refused.value)


@given(stamps=st.lists(st.floats(min_value=-1e6, max_value=1e9), min_size=2, max_size=50))
def test_the_stream_s_clock_never_goes_back_whatever_the_camera_stamps(stamps: list[float]) -> None:
    clock = StreamClock(interval=0.04)
    assert never_back([clock.seconds(stamp) for stamp in stamps])


def test_uneven_stamps_of_a_variable_rate_are_kept_as_they_are() -> None:
    clock = StreamClock(interval=0.04)
    assert [clock.seconds(stamp) for stamp in (7.0, 7.2, 7.25, 9.0)] == pytest.approx([0.0, 0.2, 0.25, 2.0])


def test_pictures_that_overtake_one_another_do_not_make_the_clock_run_faster() -> None:
    clock = StreamClock(interval=0.1)
    stamps = [shift / 10 + block * 0.4 for block in range(100) for shift in (0, 3, 1, 2)]
    assert [clock.seconds(stamp) for stamp in stamps][-1] == pytest.approx(40, abs=0.5)


def test_a_camera_that_sets_its_clock_anew_goes_on_from_where_it_was() -> None:
    clock = StreamClock(interval=0.1)
    assert [clock.seconds(stamp) for stamp in (500.0, 500.1, 0.0, 0.1)] == pytest.approx([0.0, 0.1, 0.2, 0.3])
