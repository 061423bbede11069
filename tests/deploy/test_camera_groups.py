from hypothesis import given
from hypothesis import strategies as st

from deploy.camera_groups import GROUP_SIZE, regrouped
from monitor.cameras.tasks import CameraTask


def a_task(number: int, source: str = "a.mp4") -> CameraTask:
    address = f"oc1/camera/c-{number}"
    return CameraTask.model_validate({"address": address, "source": source, "username": "u", "password": "p"})


camera_sets = st.sets(st.integers(0, 12))


@given(camera_sets, camera_sets)
def test_every_camera_is_watched_by_one_group_of_bounded_size(before: set[int], after: set[int]) -> None:
    groups = regrouped(regrouped([], [a_task(n) for n in sorted(before)]), [a_task(n) for n in sorted(after)])
    watched = [task.address for group in groups for task in group]
    assert sorted(watched) == sorted(a_task(n).address for n in after)
    assert all(len(group) <= GROUP_SIZE for group in groups)


def test_a_change_of_one_camera_touches_its_group_only() -> None:
    before = regrouped([], [a_task(number) for number in range(8)])
    after = regrouped(before, [a_task(number, "b.mp4" if number == 5 else "a.mp4") for number in range(8)])
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_a_new_camera_takes_the_place_that_another_left() -> None:
    before = regrouped([], [a_task(number) for number in range(8)])
    after = regrouped(before, [a_task(number) for number in (0, 1, 2, 9, 4, 5, 6, 7)])
    assert [task.address for task in after[0]] == [a_task(n).address for n in (0, 1, 2, 9)]
    assert after[1] == before[1]
