"""A project, its named list and the passes that rest on it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus, HolidayRule
from registry.credentials.grounds import GroundOver, Untrained
from registry.credentials.period import PeriodEmpty
from registry.credentials.rules import Step
from registry.ids import LevelId, PersonId, ProjectId, SiteId, UnitId, new_id
from registry.levels.models import AccessLevel
from registry.levels.queries import NoSuchLevel
from registry.passes.models import QrPass, QrPassLevel
from registry.passes.service import NewQrPass, change_qr_pass, issue_qr_pass
from registry.people.models import Person, PersonKind
from registry.projects import queries
from registry.projects.models import Project
from registry.projects.queries import NoSuchProject
from registry.projects.service import (
    NameMissing,
    NewProject,
    NotUndone,
    ProjectFields,
    ProjectOver,
    begin_project,
    change_project,
    end_project,
    undo_ending,
    what_ending_takes,
)
from registry.projects.workers import (
    Entered,
    ListWrong,
    NotOnTheList,
    enter_workers,
    issue_passes,
    remove_worker,
    set_training,
)
from registry.store import Store, Work
from registry.units.queries import NoSuchUnit
from tests.fakes.clock import NOON
from tests.makers.projects import a_project, a_worker
from tests.makers.registry import IDENTITY, OC1, a_person, a_qr_pass, a_site, a_unit

pytestmark = pytest.mark.both_stores

HERE = {OC1}
LIST = """姓名\t身份证号\t电话\t工种\t培训有效期
周大力\t420502199003077716\t13800000001\t焊工\t2026-12-31
陈石\t420502198811236418\t\t瓦工\t2026-12-01
"""


def enter(work: Work, project: ProjectId, text: str = LIST) -> Entered:
    return enter_workers(work.session, IDENTITY, project, text, within=HERE, by="chen", now=NOON)


def issue(work: Work, project: ProjectId) -> list[PersonId]:
    return [one.person_id for one in issue_passes(work.session, project, within=HERE, by="chen", now=NOON)]


def statuses(work: Work, project: ProjectId) -> list[CredentialStatus]:
    rows = select(QrPass.status).where(QrPass.project_id == project).order_by(QrPass.id)
    return list(work.session.scalars(rows))


def test_a_list_is_entered_passed_ended_and_brought_back(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        project = a_project(work.session).id
        assert enter(work, project) == Entered(registered=2, entered=2)
        assert enter(work, project) == Entered(registered=0, entered=2)
        kinds = {worker.person.name: worker.person.kind for worker in queries.workers(work.session, project)}
        assert kinds == dict.fromkeys(("周大力", "陈石"), PersonKind.CONTRACTOR)
        assert len(issue(work, project)) == 2
        assert issue(work, project) == []
        assert len(what_ending_takes(work.session, project, within=HERE)) == 2
        end_project(work.session, project, within=HERE, by="chen", now=NOON)
        assert statuses(work, project) == [CredentialStatus.ENDED] * 2
        for late in (lambda: issue(work, project), lambda: enter(work, project)):
            with pytest.raises(GroundOver):
                late()
        with pytest.raises(ProjectOver):
            end_project(work.session, project, within=HERE, by="chen", now=NOON)
        undo_ending(work.session, project, within=HERE, by="chen", now=NOON)
        assert statuses(work, project) == [CredentialStatus.ACTIVE] * 2
        with pytest.raises(NotUndone):
            undo_ending(work.session, project, within=HERE, by="chen", now=NOON)


def test_one_wrong_line_and_nobody_is_entered(registry_store: Store) -> None:
    wrong = LIST + "张三\t420502199003077714\n李四\t420502199003077716\n王五\t420502198811236418\tabc\n"
    with registry_store.begin(NOON) as work:
        project = a_project(work.session).id
    with pytest.raises(ListWrong) as told, registry_store.begin(NOON) as work:
        enter(work, project, wrong)
    assert told.value.facts["rows"] == [
        [4, "id_number", "no-id-number_check_digit"],
        [5, "id_number", "line-twice"],
        [6, "id_number", "line-twice"],
    ]
    with pytest.raises(ListWrong) as told, registry_store.begin(NOON) as work:
        enter(work, project, "王五\t420502198811236418\tabc\n陈石\t420502199003077716\tabc")
    assert [(row, field) for row, field, _ in told.value.facts["rows"]] == [(1, "phone"), (2, "phone")]  # type: ignore[attr-defined]
    with registry_store.read() as session:
        assert (queries.workers(session, project), session.scalars(select(Person)).all()) == ([], [])


def test_a_number_that_is_registered_under_another_name_is_no_way_onto_the_list(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        project = a_project(work.session).id
        enter(work, project, "艾力·买买提\t420502199003077716\n")
        assert enter(work, project, "艾力 买买提\t420502199003077716\n") == Entered(registered=0, entered=1)
    with pytest.raises(ListWrong) as told, registry_store.begin(NOON) as work:
        enter(work, project, "张三\t420502199003077716\n")
    assert told.value.facts["rows"] == [[1, "name", "line-other-name"]]


def test_a_list_without_anybody_is_no_list(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        project = a_project(work.session).id
        with pytest.raises(ListWrong):
            enter(work, project, "姓名\n")


def test_nobody_gets_a_pass_without_training_and_who_leaves_loses_it(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        project = a_project(work.session)
        trained, raw = a_worker(work.session, project), a_worker(work.session, project, training_last_day=None)
        assert issue(work, project.id) == [trained.person_id]
        one = NewQrPass(
            holder=raw.person_id,
            valid_from=NOON,
            valid_until=NOON + timedelta(days=1),
            sites=frozenset(HERE),
            project_id=project.id,
        )
        with pytest.raises(Untrained):
            issue_qr_pass(work.session, one, by="chen", now=NOON)
        day = date(2026, 12, 24)
        set_training(work.session, project.id, raw.person_id, day, within=HERE, by="chen", now=NOON)
        assert issue(work, project.id) == [raw.person_id]
        remove_worker(work.session, project.id, raw.person_id, within=HERE, by="chen", now=NOON)
        assert statuses(work, project.id) == [CredentialStatus.ACTIVE, CredentialStatus.REVOKED]
        with pytest.raises(NotOnTheList):
            remove_worker(work.session, project.id, raw.person_id, within=HERE, by="chen", now=NOON)


def fields(project: Project, *, last_day: date) -> ProjectFields:
    return ProjectFields(
        unit_id=project.unit_id,
        name=project.name,
        contractor=project.contractor,
        foreman=project.foreman,
        first_day=project.first_day,
        last_day=last_day,
    )


def test_an_earlier_end_shortens_the_passes_and_other_sites_projects_are_not_there(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        project = a_project(work.session)
        a_worker(work.session, project)
        issue(work, project.id)

        def change(last_day: date, *within: SiteId) -> None:
            new = fields(project, last_day=last_day)
            change_project(work.session, project.id, new, read=None, within=within or HERE, by="chen", now=NOON)

        change(date(2026, 12, 1))
        (ends,) = work.session.scalars(select(QrPass.valid_until))
        assert ends.isoformat() == "2026-12-01T16:00:00+00:00"
        with pytest.raises(PeriodEmpty):
            change(date(2026, 11, 22))
        with pytest.raises(NoSuchProject):
            change(date(2026, 12, 2), SiteId("oc2"))


def test_who_has_a_pass_gets_another_when_the_project_goes_on_for_longer(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        project = a_project(work.session, last_day=date(2026, 12, 31))
        worker, suspended = a_worker(work.session, project), a_worker(work.session, project)
        assert len(issue(work, project.id)) == 2
        held = work.session.scalars(select(QrPass).where(QrPass.person_id == suspended.person_id)).one()
        change_qr_pass(work.session, held.id, Step.SUSPEND, within=HERE, reason="打架", by="chen", now=NOON)
        longer = fields(project, last_day=date(2027, 1, 31))
        change_project(work.session, project.id, longer, read=None, within=HERE, by="chen", now=NOON)
        assert issue(work, project.id) == [worker.person_id]
        assert issue(work, project.id) == []
        rows = select(QrPass).where(QrPass.person_id == worker.person_id).order_by(QrPass.valid_from)
        first, second = work.session.scalars(rows)
        assert second.valid_from == first.valid_until
        assert second.valid_until.isoformat() == "2027-01-31T16:00:00+00:00"


def test_a_project_that_begins_later_lets_nobody_in_before(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        project = a_project(work.session)
        worker = a_worker(work.session, project)
        issue(work, project.id)
        short = a_qr_pass(work.session, person=a_person(work.session), project_id=project.id)
        work.session.flush()
        later = replace(fields(project, last_day=date(2026, 12, 31)), first_day=date(2026, 12, 1))
        change_project(work.session, project.id, later, read=None, within=HERE, by="chen", now=NOON)
        row = work.session.scalars(select(QrPass).where(QrPass.person_id == worker.person_id)).one()
        assert row.valid_from.isoformat() == "2026-11-30T16:00:00+00:00"
        assert short.status is CredentialStatus.REVOKED


def test_a_project_of_an_unknown_unit_is_refused_and_stays_as_it_was(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        project = a_project(work.session)
        unknown = replace(fields(project, last_day=date(2026, 12, 31)), unit_id=UnitId(new_id()), name="别的")
        with pytest.raises(NoSuchUnit):
            change_project(work.session, project.id, unknown, read=None, within=HERE, by="chen", now=NOON)
        assert project.name == "锅炉房改造"


def test_the_passes_of_a_project_open_what_its_level_opens_also_after_it_changes(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        project = a_project(work.session)
        a_worker(work.session, project)
        new = fields(project, last_day=date(2026, 12, 31))

        def levels() -> list[LevelId]:
            return list(work.session.scalars(select(QrPassLevel.level_id)))

        def change(level: LevelId | None) -> None:
            with_level = replace(new, level_id=level)
            change_project(work.session, project.id, with_level, read=None, within=HERE, by="chen", now=NOON)

        day, night = (a_level(work.session, name) for name in ("白班", "夜班"))
        change(day)
        issue(work, project.id)
        assert levels() == [day]
        change(night)
        assert levels() == [night]
        change(None)
        assert levels() == []
        with pytest.raises(NoSuchLevel):
            change(a_level(work.session, "外院", site="oc2"))


def a_level(session: Session, name: str, *, site: str = OC1) -> LevelId:
    level = AccessLevel(
        id=LevelId(new_id()), site=a_site(session, site).id, name_zh=name, name_en=name, holidays=HolidayRule.AS_USUAL
    )
    session.add(level)
    session.flush()
    return level.id


def test_what_no_project_can_be_is_refused(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        a_person(work.session)
        good = ProjectFields(
            unit_id=a_unit(work.session).id,
            name="管网改造",
            contractor="宏发",
            foreman="周",
            first_day=date(2026, 11, 1),
            last_day=date(2026, 11, 30),
        )
        refused = [(NameMissing, replace(good, name=" ")), (PeriodEmpty, replace(good, last_day=date(2026, 10, 1)))]
        for problem, wrong in refused:
            with pytest.raises(problem):
                begin_project(work.session, NewProject(site=OC1, fields=wrong), by="chen", now=NOON)
        row = begin_project(work.session, NewProject(site=OC1, fields=good), by="chen", now=NOON)
        listed = queries.projects(work.session, HERE, today=date(2026, 11, 23), words="宏发", running=True, limit=5)
        assert [(one.project.id, one.workers) for one in listed] == [(row.id, 0)]
        assert queries.projects(work.session, HERE, today=date(2026, 12, 1), running=True, limit=5) == []
        assert queries.projects(work.session, HERE, today=date(2026, 12, 1), after=ProjectId(new_id()), limit=5)
