"""Askers count every answer, right or wrong, and notice a server that hangs up."""

from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from deploy.bench.children import Child, a_child
from deploy.bench.http_load import Asked, Round, ask
from deploy.bench.rivals import TEMPLATE_PATH
from deploy.bench.script import Checks, Reading
from deploy.bench.served import Memory, serve_bare, serve_template
from registry.problems import Refusal

CHECKS = Checks(gate="oc1-north", cards=["10000000", "10000001"], token="t")


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[Child]:
    with a_child(tmp_path / "asker.log", ask) as child:
        yield child


def asked(asker: Child, port: int, script: Checks | Reading, *, most: int, connections: int = 3) -> Asked:
    asker.say(Round(port=port, script=script, first=0, connections=connections, seconds=20, most=most))
    answer = asker.hear(60)
    assert isinstance(answer, Asked)
    return answer


def test_as_many_are_answered_as_were_asked(asker: Child, tmp_path: Path) -> None:
    with a_child(tmp_path / "server.log", serve_bare, Memory.DEFAULT) as server:
        found = asked(asker, server.hear(60), CHECKS, most=40)
    assert len(found.seconds) == 40
    assert found.wrong == 0


def test_an_answer_that_is_not_the_wanted_one_is_counted_and_shown(asker: Child, tmp_path: Path) -> None:
    with a_child(tmp_path / "server.log", serve_template, Memory.DEFAULT) as server:
        port = server.hear(60)
        wrong = asked(asker, port, Reading(path="/not-there"), most=5)
        right = asked(asker, port, Reading(path=TEMPLATE_PATH), most=5)
    assert (wrong.wrong, right.wrong) == (5, 0)
    assert b"404" in wrong.first_wrong


def test_each_card_goes_in_before_any_goes_out() -> None:
    asked_for = [CHECKS.request(number) for number in range(4)]
    assert [b'"in"' in request for request in asked_for] == [True, True, False, False]
    assert [b"10000000" in request for request in asked_for] == [True, False, True, False]


def test_a_process_that_ends_too_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    with a_child(tmp_path / "failing.log", fail) as child, pytest.raises(Refusal, match=r"too early.*no such thing"):
        child.hear(60)


def fail(_line: Connection) -> None:
    raise LookupError("no such thing")
