"""The app on somebody's phone."""

from datetime import timedelta

import pyotp

from registry.auth import queries
from registry.auth.factor import service as factor
from registry.auth.factor.keys import FactorKeys
from registry.auth.factor.rules import STEP_SECONDS
from registry.clock import Instant
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.web import FACTOR_KEY

KEYS = FactorKeys(FACTOR_KEY)
STEP = timedelta(seconds=STEP_SECONDS)


def shown(secret: str, now: Instant) -> str:
    """What the app shows now."""
    return pyotp.TOTP(secret.replace(" ", "")).at(now)


def a_factor(store: Store, clock: FixedClock, name: str = "guard") -> tuple[str, list[str]]:
    """Set up a second factor, a step ago, so that the present code is fresh: the app's secret and the recovery codes."""
    with store.begin(clock.now()) as work:
        user = queries.user_named(work.session, name)
        assert user is not None
        secret = factor.begin(work.session, KEYS, user, now=work.now)
        before = work.now - STEP
        codes = factor.confirm(work.session, KEYS, user, code=shown(secret, before), now=before)
    return secret, list(codes)
