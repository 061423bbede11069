"""A small town that lives through a random history, and keeps the oracle's books of it."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy.orm import Session

from registry.credentials.ending import announce, resting_on
from registry.credentials.rules import Step
from registry.housing import tenancies, undoing
from registry.housing.tenancies import NewTenancy
from registry.ids import CredentialId, PersonId, ProjectId, RoomId, SiteId, TenancyId, UnitId, new_id
from registry.passes.pins import MadePin, NewPin, change_pin, issue_pin
from registry.passes.service import NewCard, NewQrPass, change_card, change_qr_pass, issue_card, issue_qr_pass
from registry.people.models import Person
from registry.problems import Problem
from registry.projects import service as projects
from registry.projects import workers
from registry.projects.models import ProjectWorker
from registry.projects.service import NewProject, ProjectFields
from tests.makers.books import SHANGHAI, Books, Ground, Kind, Pass, State, midnight
from tests.makers.housing import a_room
from tests.makers.registry import OC1, a_gate, a_person, a_unit

HERE = frozenset({SiteId(OC1)})
WALKER = "walker"
PIN_KEY = b"histories"
KINDS: tuple[Kind, ...] = ("card", "card", "qr", "qr", "pin")
CHANGES: Mapping[Kind, Callable[..., object]] = {"card": change_card, "qr": change_qr_pass, "pin": change_pin}


class Town:
    """Three rooms, six people and some building work, in one transaction of a store that is taken back at the end."""

    def __init__(self, session: Session, random: Random, now: datetime) -> None:
        self.session, self.random, self.now = session, random, now
        a_gate(session)
        self.unit: UnitId = a_unit(session).id
        self.rooms: list[RoomId] = [a_room(session, number).id for number in ("101", "102", "201")]
        self.people: list[PersonId] = [self._somebody(f"居民{number}") for number in range(6)]
        self.books = Books()
        self._before: dict[UUID, Books] = {}
        """The books as they were before the last change of a ground was its ending."""
        self._numbers = 0
        self._steps: list[Callable[[], None]] = [
            *[self.begin_tenancy] * 3,
            *[self.issue] * 5,
            *[self.take_step] * 3,
            *[self.end_tenancy] * 3,
            *[self.undo] * 3,
            self.move_in,
            self.move_out,
            self.begin_project,
            *[self.join] * 2,
            self.train,
            self.leave,
            *[self.end_project] * 2,
            self.change_project,
            self.issue_to_all,
            *[self.wait] * 4,
        ]

    def settle(self) -> None:
        """What every history begins with: somebody lives here, somebody works here, and some have passes."""
        for act in (
            self.begin_tenancy,
            self.begin_tenancy,
            self.begin_project,
            self.join,
            self.join,
            *[self.issue] * 8,
        ):
            act()

    def step(self) -> str:
        """Let one thing happen; gives its name."""
        act = self.random.choice(self._steps)
        act()
        return act.__name__

    @property
    def today(self) -> date:
        return self.now.astimezone(SHANGHAI).date()

    def _somebody(self, name: str) -> PersonId:
        person: Person = a_person(self.session, name, at=self.now)
        self.session.flush()
        return person.id

    def _does(self, act: Callable[[], object]) -> bool:
        """Whether the service did it; what it refused is undone."""
        try:
            with self.session.begin_nested():
                act()
        except Problem:
            return False
        return True

    def _day(self, back: int, ahead: int) -> date:
        return self.today + timedelta(days=self.random.randint(-back, ahead))

    def _some(self, kind: str) -> Ground | None:
        those = [ground for ground in self.books.grounds.values() if ground.kind == kind]
        return self.random.choice(those) if those else None

    def wait(self) -> None:
        self.now += timedelta(hours=self.random.choice([1, 7, 24, 24 * 5, 24 * 20]))

    def begin_tenancy(self) -> None:
        room, first = self.random.choice(self.rooms), self._day(3, 3)
        last = None if self.random.random() < 0.4 else first + timedelta(days=self.random.randint(-1, 20))
        living = self.random.sample(self.people, self.random.randint(1, 3))
        new = NewTenancy(room_id=room, tenant_id=living[0], occupants=living, first_day=first, last_day=last)
        did = self._does(lambda: tenancies.begin_tenancy(self.session, new, within=HERE, by=WALKER, now=self.now))
        days = {
            other.id: (other.first, other.last or date.max)
            for other in self.books.grounds.values()
            if other.where == room
        }
        is_free = all(first > end or (last or date.max) < begin for begin, end in days.values())
        assert did == (is_free and (last is None or last >= first)), "letting a room"
        if did:
            members: dict[UUID, date | None] = dict.fromkeys(living)
            self.books.grounds[new.id] = Ground("tenancy", new.id, room, first, last, members=members)

    def move_in(self) -> None:
        ground, person = self._some("tenancy"), self.random.choice(self.people)
        if ground is None:
            return
        id_ = TenancyId(ground.id)
        did = self._does(
            lambda: tenancies.add_occupant(self.session, id_, person, within=HERE, by=WALKER, now=self.now)
        )
        assert did == (not ground.is_over(self.now) and person not in ground.members), "moving in"
        if did:
            ground.members[person] = None
            self._before.pop(ground.id, None)

    def move_out(self) -> None:
        ground = self._some("tenancy")
        if ground is None or not ground.members:
            return
        id_, person = TenancyId(ground.id), PersonId(self.random.choice(list(ground.members)))
        if self._does(
            lambda: tenancies.remove_occupant(self.session, id_, person, within=HERE, by=WALKER, now=self.now)
        ):
            del ground.members[person]
            self._revoke(ground.id, person)
            self._before.pop(ground.id, None)

    def end_tenancy(self) -> None:
        ground = self._some("tenancy")
        if ground is None:
            return
        last, id_, before = self._day(4, 6), TenancyId(ground.id), deepcopy(self.books)
        if self._does(
            lambda: tenancies.end_tenancy(self.session, id_, last, reason="搬走", within=HERE, by=WALKER, now=self.now)
        ):
            assert ground.ended_at is None, "ending twice"
            assert ground.last is None or last <= ground.last, "ending later"
            ground.last = last
            if last <= self.today:
                ground.ended_at = self.now
                self._end(ground.id)
            else:
                self._shorten(ground.id, midnight(last + timedelta(days=1)))
            self._keep(ground.id, before)

    def undo(self) -> None:
        if not self._before:
            return
        ground = self.books.grounds[self.random.choice(list(self._before))]
        if ground.kind == "tenancy":
            did = self._does(
                lambda: undoing.undo_ending(self.session, TenancyId(ground.id), within=HERE, by=WALKER, now=self.now)
            )
        else:
            did = self._does(
                lambda: projects.undo_ending(self.session, ProjectId(ground.id), within=HERE, by=WALKER, now=self.now)
            )
        if did:
            before = self._before.pop(ground.id)
            self.books.grounds[ground.id] = before.grounds[ground.id]
            for one in before.resting(ground.id):
                self.books.passes[one.id] = one

    def issue(self) -> None:
        ground = self.random.choice(list(self.books.grounds.values())) if self.books.grounds else None
        if ground is None:
            return
        person = PersonId(self.random.choice([*self.people, *[*ground.members] * 3]))
        since = self.now + timedelta(hours=self.random.choice([-30, 0, 0, 0, 40]))
        until = (
            midnight(self._day(0, 25))
            if self.random.random() < 0.8 or ground.last is None
            else midnight(ground.last + timedelta(days=1))
        )
        self._numbers += 1
        tenancy, project = (TenancyId(ground.id), None) if ground.kind == "tenancy" else (None, ProjectId(ground.id))
        number, id_ = f"04A1{self.random.randint(0, 5):06d}", CredentialId(new_id())
        kind = self.random.choice(KINDS)
        is_card = kind == "card"
        if kind == "pin":
            pin = NewPin(
                holder=person,
                pin=None,
                valid_from=since,
                valid_until=until,
                sites=HERE,
                tenancy_id=tenancy,
                project_id=project,
            )
            made: list[MadePin] = []
            did = self._does(lambda: made.append(issue_pin(self.session, pin, key=PIN_KEY, by=WALKER, now=self.now)))
            id_ = made[0].row.id if did else id_
        elif is_card:
            card = NewCard(
                id=id_,
                holder=person,
                number=number,
                valid_from=since,
                valid_until=until,
                sites=HERE,
                tenancy_id=tenancy,
                project_id=project,
            )
            did = self._does(lambda: issue_card(self.session, card, within=HERE, by=WALKER, now=self.now))
        else:
            qr = NewQrPass(
                id=id_,
                holder=person,
                valid_from=since,
                valid_until=until,
                sites=HERE,
                tenancy_id=tenancy,
                project_id=project,
            )
            did = self._does(lambda: issue_qr_pass(self.session, qr, by=WALKER, now=self.now))
        is_taken = is_card and any(
            one.key == number and one.state not in {"revoked", "ended"} for one in self.books.passes.values()
        )
        may = (
            since < until
            and not is_taken
            and not ground.is_over(self.now)
            and person in ground.members
            and (ground.kind == "tenancy" or ground.members[person] is not None)
            and since >= midnight(ground.first)
            and (ground.last is None or until <= midnight(ground.last + timedelta(days=1)))
        )
        assert did == may, f"issuing on a {ground.kind}"
        if did:
            key = number if is_card else str(id_)
            self.books.passes[id_] = Pass(kind, id_, key, person, ground.id, since, until)

    def take_step(self) -> None:
        if not self.books.passes:
            return
        one = self.random.choice(list(self.books.passes.values()))
        step = self.random.choice([*Step, Step.REINSTATE])
        change = CHANGES[one.kind]
        did = self._does(
            lambda: change(self.session, CredentialId(one.id), step, within=HERE, reason="查", by=WALKER, now=self.now)
        )
        ground = self.books.grounds[one.ground]
        if did and step is Step.REINSTATE:
            assert not ground.is_over(self.now), "reinstating on what is over"
            assert one.person in ground.members, "reinstating for who left"
        if did:
            after: dict[Step, State] = {
                Step.SUSPEND: "suspended",
                Step.REPORT_LOST: "reported_lost",
                Step.REVOKE: "revoked",
                Step.REINSTATE: "active",
            }
            one.state = after[step]

    def begin_project(self) -> None:
        first = self._day(3, 3)
        new = NewProject(
            site=SiteId(OC1), fields=self._fields(first, first + timedelta(days=self.random.randint(0, 20)))
        )
        if self._does(lambda: projects.begin_project(self.session, new, by=WALKER, now=self.now)):
            self.books.grounds[new.id] = Ground("project", new.id, new.id, first, new.fields.last_day)

    def _fields(self, first: date, last: date) -> ProjectFields:
        return ProjectFields(
            unit_id=self.unit, name="管网改造", contractor="宏发", foreman="周", first_day=first, last_day=last
        )

    def join(self) -> None:
        """As a list does it, which is tested elsewhere: here it would cost most of the time."""
        ground, person = self._some("project"), PersonId(self.random.choice(self.people))
        if ground is None or ground.is_over(self.now):
            return
        trained = self._day(2, 20) if self.random.random() < 0.8 else None
        entry = self.session.get(ProjectWorker, (ground.id, person))
        if entry is None:
            entry = ProjectWorker(project_id=ProjectId(ground.id), person_id=person, joined_at=self.now)
            self.session.add(entry)
        elif entry.left_at is None:
            return
        entry.left_at = None
        entry.training_end_day = None if trained is None else trained + timedelta(days=1)
        self.session.flush()
        announce(self.session, resting_on(self.session, project_id=ProjectId(ground.id)))
        ground.members[person] = trained

    def train(self) -> None:
        ground, last = self._some("project"), self._day(2, 20)
        if ground is None or not ground.members:
            return
        id_, person = ProjectId(ground.id), PersonId(self.random.choice(list(ground.members)))
        if self._does(
            lambda: workers.set_training(self.session, id_, person, last, within=HERE, by=WALKER, now=self.now)
        ):
            ground.members[person] = last
            for ended in self._before.values():
                if ground.id in ended.grounds:
                    ended.grounds[ground.id].members[person] = last

    def leave(self) -> None:
        ground = self._some("project")
        if ground is None or not ground.members:
            return
        id_, person = ProjectId(ground.id), PersonId(self.random.choice(list(ground.members)))
        if self._does(lambda: workers.remove_worker(self.session, id_, person, within=HERE, by=WALKER, now=self.now)):
            del ground.members[person]
            self._revoke(ground.id, person)
            self._before.pop(ground.id, None)

    def issue_to_all(self) -> None:
        ground = self._some("project")
        if ground is None:
            return
        issued: list[tuple[UUID, UUID, datetime, datetime]] = []

        def act() -> None:
            rows = workers.issue_passes(self.session, ProjectId(ground.id), within=HERE, by=WALKER, now=self.now)
            issued.extend((row.id, row.person_id, row.valid_from, row.valid_until) for row in rows)

        assert self._does(act) == (not ground.is_over(self.now)), "passes for a whole list"
        for id_, person, since, until in issued:
            assert ground.members[person] is not None
            self.books.passes[id_] = Pass("qr", id_, str(id_), person, ground.id, since, until)

    def end_project(self) -> None:
        ground, before = self._some("project"), deepcopy(self.books)
        if ground is None:
            return
        id_ = ProjectId(ground.id)
        if self._does(lambda: projects.end_project(self.session, id_, within=HERE, by=WALKER, now=self.now)):
            ground.ended_at = self.now
            self._end(ground.id)
            self._keep(ground.id, before)

    def change_project(self) -> None:
        ground = self._some("project")
        if ground is None:
            return
        id_, last = ProjectId(ground.id), self._day(2, 15)
        fields = self._fields(ground.first, last)
        if self._does(
            lambda: projects.change_project(self.session, id_, fields, read=None, within=HERE, by=WALKER, now=self.now)
        ):
            assert not ground.is_over(self.now), "changing what is over"
            ground.last = last
            self._shorten(ground.id, midnight(last + timedelta(days=1)))
            self._before.pop(ground.id, None)

    def _keep(self, ground: UUID, before: Books) -> None:
        """What taking the ending back brings back: the ground, and the passes that the ending changed."""
        before.passes = {id_: one for id_, one in before.passes.items() if one != self.books.passes[id_]}
        self._before[ground] = before

    def _end(self, ground: UUID) -> None:
        for one in self.books.resting(ground):
            if one.state in {"active", "suspended"}:
                one.state = "ended"

    def _shorten(self, ground: UUID, until: datetime) -> None:
        for one in self.books.resting(ground):
            if one.state == "ended":
                continue
            if one.since < until:
                one.until = min(one.until, until)
            elif one.state in {"active", "suspended"}:
                one.state = "ended"

    def _revoke(self, ground: UUID, person: UUID) -> None:
        for one in self.books.resting(ground):
            if one.person == person and one.state in {"active", "suspended"}:
                one.state = "revoked"
