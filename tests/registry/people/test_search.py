"""People are found by the beginning of what one knows of them: names, pinyin, initials, phone, plates, last four."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from registry.ids import SiteId
from registry.people import queries
from registry.people.models import Person, PersonKind, PersonToken
from registry.people.pinyin import readings
from registry.people.search import MANY, Known, add_plates, keep_tokens, tokens_of, write_missing
from registry.people.service import NewPerson, register_people
from registry.store import Store, Work
from tests.fakes.clock import NOON
from tests.makers.registry import IDENTITY, OC1, a_card, a_permit, a_person, a_site, a_unit

stores = pytest.mark.both_stores
NUMBER = "11010519491231002X"


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("曾志伟", "zengzhiwei"),
        ("单田芳", "shantianfang"),
        ("仇英", "qiuying"),
        ("查良镛", "zhaliangyong"),
        ("尉迟恭", "yuchigong"),
        ("吕布", "lvbu"),
        ("吕布", "lyubu"),
        ("解晓东", "xiexiaodong"),
        ("区楚良", "ouchuliang"),
        ("覃乐", "qinyue"),
    ],
)
def test_a_name_is_read_as_a_name(name: str, typed: str) -> None:
    assert typed in {"".join(reading) for reading in readings(name)}


@given(st.text(alphabet="王建国曾重乐吕 a-", max_size=12))
def test_every_name_has_tokens_that_fit_and_a_few_only(name: str) -> None:
    tokens = tokens_of(Known(name=name, phone="+8613800138000", id_number=NUMBER, plates=["鄂E12345"]), IDENTITY)
    assert max(map(len, tokens)) <= 64
    assert {"13800138000", "8000", "鄂e12345", "e12345", "12345"} <= tokens
    assert not any("002" in token for token in tokens if not token.startswith("#"))


def _names(work: Work) -> Callable[..., list[str]]:
    def names(words: str, site: str = OC1, **more: object) -> list[str]:
        found = queries.people(work.session, {SiteId(site)}, words=words, keys=IDENTITY, limit=9, **more)  # type: ignore[arg-type]
        return [each.person.name for each in found]

    return names


@stores
def test_each_way_of_knowing_somebody_finds_them(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        wang = NewPerson(site=OC1, name="王建国", phone="+86 138-0013 8000", id_number=NUMBER)
        register_people(work.session, IDENTITY, [wang, NewPerson(site=OC1, name="John O. Smith")], now=NOON)
        add_plates(work.session, [(wang.id, "鄂E12345"), (wang.id, "鄂E12345")])
        add_plates(work.session, [(wang.id, "鄂E12345")])
        names = _names(work)
        ways = (
            "王",
            "建国",
            "国",
            "wangj",
            "JIANG",
            "wjg",
            "jg",
            "1380013",
            "8000",
            "002x",
            "002X",
            "鄂E·123",
            "e123",
            "１２３４５",
        )
        assert [way for way in ways if names(way) != ["王建国"]] == []
        assert names("smith") == names("Joh smi") == ["John O. Smith"]
        assert [way for way in ("王 8001", "angj", "2x", "#", "%", "李") if names(way)] == ["#"]
        assert names("wang 8000") == ["王建国"]
        assert names("王", "oc2") == []


@stores
def test_who_was_changed_is_found_by_what_is_true_now(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        person = a_person(work.session, "王建国", phone="13800138000")
        a_permit(work.session, "鄂E12345", person=person)
        keep_tokens(work.session, IDENTITY, [person])
        person.name, person.phone = "王建军", None
        keep_tokens(work.session, IDENTITY, [person])
        names = _names(work)
        assert names("建军") == names("12345") == ["王建军"]
        assert names("建国") == names("138") == []
        person.merged_at = NOON
        keep_tokens(work.session, IDENTITY, [person])
        assert names("建军") == names("") == []


@stores
def test_people_of_an_older_store_are_found_too(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        person = a_person(work.session, "王建国")
        work.session.execute(delete(PersonToken))
        assert _names(work)("wang") == []
        assert (write_missing(work.session, IDENTITY), write_missing(work.session, IDENTITY)) == (1, 0)
        assert _names(work)("wang") == [person.name]


@stores
def test_what_is_common_and_what_is_rare_is_found_alike_page_by_page(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        common = [NewPerson(site=OC1, name=f"王{number}", phone=f"139{number:08d}") for number in range(MANY + 5)]
        register_people(work.session, IDENTITY, common, now=NOON)
        newest_first = [person.id for person in reversed(common)]
        for words in ("王", "139", "1390000", "王 13900000"):
            seen: list[object] = []
            while page := queries.people(
                work.session,
                {OC1},
                words=words,
                after=seen[-1] if seen else None,  # type: ignore[arg-type]
                limit=400,
            ):
                seen += [each.person.id for each in page]
            assert seen == (newest_first if words in {"王", "139", "1390000"} else newest_first[5:])


@stores
def test_a_list_holds_one_kind_one_unit_or_who_carries_something(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        unit = a_unit(work.session, name_zh="水利局", name_en="Water Office")
        people: list[Person] = [
            a_person(work.session, "赵一", unit=unit),
            a_person(work.session, "赵二", kind=PersonKind.VISITOR),
        ]
        a_card(work.session, person=people[1])
        keep_tokens(work.session, IDENTITY, people)
        names = _names(work)
        assert names("水利") == names("water") == names("", filters=queries.Filters(unit=unit.id)) == ["赵一"]
        assert names("zhao", filters=queries.Filters(kind=PersonKind.VISITOR)) == ["赵二"]
        assert names("", filters=queries.Filters(carries_at=NOON)) == ["赵二"]
        assert names("", filters=queries.Filters(site=SiteId("oc2"))) == []
