"""Which cameras share a worker process, so that a change of one does not blind the others. Pure."""

from collections.abc import Sequence

from monitor.cameras.tasks import CameraTask

Group = tuple[CameraTask, ...]

GROUP_SIZE = 4
"""Cameras of a process: a restart blinds this many for a few seconds, and each process takes some 100 MB."""


def regrouped(groups: Sequence[Group], tasks: Sequence[CameraTask]) -> list[Group]:
    """Give the groups for these tasks. A group keeps its place and whatever did not change in it.

    A camera stays in its group, with a new task if that changed; a new camera goes into the first group that has room.
    """
    wanted = {task.address: task for task in tasks}
    result = [[wanted.pop(task.address) for task in group if task.address in wanted] for group in groups]
    for task in wanted.values():
        place = next((group for group in result if len(group) < GROUP_SIZE), None)
        if place is None:
            result.append([task])
        else:
            place.append(task)
    return [tuple(group) for group in result]
