"""Whoever asks the journal from a loop is answered, or leaves before it is too late to leave."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from gateway.checks.attempts import Answered, NotWrittenDown
from gateway.desk import Desk
from gateway.entries.models import Entry
from gateway.journal.replies import Patience, ReplyInLoop, tell
from registry.ids import EntryId, new_id
from registry.store import Store
from tests.makers.gateway import RegistryByHand, a_card, access_facts, an_attempt, card_shown

ANSWER = Answered(entry_id=EntryId(new_id()), body="{}")


@pytest.fixture(autouse=True)
def facts(register: RegistryByHand) -> None:
    register.facts = access_facts(a_card())


def test_many_askers_of_one_loop_are_each_given_their_own_answer(desk: Desk) -> None:
    attempts = [an_attempt(card_shown(f"{number:04}")) for number in range(200)]

    async def ask() -> list[Answered]:
        return await asyncio.gather(*(desk.journal.check(attempt) for attempt in attempts))

    answers = asyncio.run(ask())
    assert all(str(attempt.attempt_id) in each.body for attempt, each in zip(attempts, answers, strict=True))


def test_who_was_cut_off_before_the_journal_came_to_it_leaves_no_entry(
    make_desk: Callable[[], Desk], store: Store
) -> None:
    async def ask() -> None:
        desk = make_desk()
        reply = ReplyInLoop(asyncio.get_running_loop())
        waiting = asyncio.create_task(reply.within(Patience(asyncio.get_running_loop(), 60)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        desk.journal._queue.put((an_attempt(), reply))
        desk.start()
        await desk.journal.check(an_attempt(card_shown("9999")))

    asyncio.run(ask())
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 1


def test_who_is_cut_off_afterwards_is_written_down_and_the_others_are_answered() -> None:
    async def ask() -> Answered:
        loop = asyncio.get_running_loop()
        gone, stays = ReplyInLoop(loop), ReplyInLoop(loop)
        waiting = [
            asyncio.create_task(reply.within(Patience(asyncio.get_running_loop(), 60))) for reply in (gone, stays)
        ]
        await asyncio.sleep(0)
        assert gone.take()
        assert stays.take()
        waiting[0].cancel()
        await asyncio.sleep(0)
        assert gone.take()  # the journal has it, and keeps it
        tell([(gone, ANSWER), (stays, ANSWER)])
        return await waiting[1]

    assert asyncio.run(ask()) == ANSWER


def test_a_loop_that_ended_meanwhile_does_not_disturb_the_journal() -> None:
    async def ask() -> ReplyInLoop:
        return ReplyInLoop(asyncio.get_running_loop())

    ended = asyncio.run(ask())
    ended.take()
    tell([(ended, ANSWER)])
    assert ended.loop.is_closed()


def test_those_whom_nobody_takes_up_in_time_leave_and_the_others_stay() -> None:
    async def ask() -> list[Answered | BaseException]:
        loop = asyncio.get_running_loop()
        patience = Patience(loop, 0.05)
        answered, taken, late, later = (ReplyInLoop(loop) for _ in range(4))
        waiting = [asyncio.create_task(reply.within(patience)) for reply in (answered, taken, late, later)]
        await asyncio.sleep(0)
        assert taken.take()
        answered.take()
        answered.settle(ANSWER)
        for each in waiting[2:]:
            await asyncio.wait([each])
        assert not waiting[1].done()
        assert not late.take()
        taken.settle(ANSWER)
        last = asyncio.create_task(ReplyInLoop(loop).within(patience))
        return await asyncio.gather(*waiting, last, return_exceptions=True)

    answers = asyncio.run(ask())
    assert answers[:2] == [ANSWER, ANSWER]
    assert [type(each) for each in answers[2:]] == [NotWrittenDown] * 3
