"""What is still asked of somebody before they are signed in. Pure."""

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from typing import Final

from registry.auth.permissions import Role

LONGEST: Final = timedelta(minutes=10)
"""How long one may take between the password and the end of signing in."""


class Way(StrEnum):
    """How somebody began to sign in."""

    PASSWORD = "password"  # noqa: S105 - a way of signing in, no secret
    PROVIDER = "provider"


class Step(StrEnum):
    """What is asked next."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - a step of signing in, no secret
    FACTOR = "factor"


def next_step(
    *, way: Way, has_factor: bool, is_code_given: bool, is_password_temporary: bool, is_factor_demanded: bool
) -> Step | None:
    """What is asked next; None: nothing, they are signed in.

    The code comes first: nobody changes a password or a factor who has not proved the one there is.
    """
    if has_factor and not is_code_given:
        return Step.CODE
    if way is Way.PASSWORD and is_password_temporary:
        return Step.PASSWORD
    if is_factor_demanded and not has_factor:
        return Step.FACTOR
    return None


def demands_factor(roles: Collection[Role], demanding: Collection[Role]) -> bool:
    """Whether one of these roles may be held only with a second factor."""
    return not set(roles).isdisjoint(demanding)
