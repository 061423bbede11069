"""How long work is told to end."""

import os
import signal

import pytest

from deploy.stopping import cut_off_by_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_work_that_may_be_cut_off_is_cut_off_and_handlers_are_as_before(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), cut_off_by_signals():
        os.kill(os.getpid(), number)
        signal.pause()
    assert signal.getsignal(number) is before
