"""What is asked of somebody before they are signed in."""

from itertools import product

import pytest

from registry.auth.entry.rules import Step, Way, demands_factor, next_step
from registry.auth.permissions import Role


@pytest.mark.parametrize(
    ("has_factor", "is_temporary", "is_demanded", "steps"),
    [
        (False, False, False, []),
        (True, False, True, [Step.CODE]),
        (False, True, False, [Step.PASSWORD]),
        (False, False, True, [Step.FACTOR]),
        (True, True, True, [Step.CODE, Step.PASSWORD]),
        (False, True, True, [Step.PASSWORD, Step.FACTOR]),
    ],
)
def test_the_steps_come_one_after_the_other(
    *, has_factor: bool, is_temporary: bool, is_demanded: bool, steps: list[Step]
) -> None:
    asked, is_code_given = [], False
    while (
        step := next_step(
            way=Way.PASSWORD,
            has_factor=has_factor,
            is_code_given=is_code_given,
            is_password_temporary=is_temporary,
            is_factor_demanded=is_demanded,
        )
    ) is not None:
        asked.append(step)
        match step:
            case Step.CODE:
                is_code_given = True
            case Step.PASSWORD:
                is_temporary = False
            case Step.FACTOR:
                has_factor = is_code_given = True
    assert asked == steps


def test_nobody_with_a_second_factor_is_asked_anything_before_its_code() -> None:
    for way, is_temporary, is_demanded in product(Way, (True, False), (True, False)):
        step = next_step(
            way=way,
            has_factor=True,
            is_code_given=False,
            is_password_temporary=is_temporary,
            is_factor_demanded=is_demanded,
        )
        assert step is Step.CODE


def test_who_comes_from_the_provider_is_not_asked_for_a_password_of_ours() -> None:
    step = next_step(
        way=Way.PROVIDER,
        has_factor=False,
        is_code_given=False,
        is_password_temporary=True,
        is_factor_demanded=False,
    )
    assert step is None


def test_one_demanding_role_is_enough() -> None:
    assert demands_factor({Role.GUARD, Role.ADMIN}, (Role.ADMIN, Role.AUDITOR))
    assert not demands_factor({Role.GUARD}, (Role.ADMIN,))
    assert not demands_factor({Role.ADMIN}, ())
