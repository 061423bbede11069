"""A pasted list of workers is read line by line."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.projects.rules import MOST_WORKERS, Fault, Line, read_day, read_list

NUMBER = "420502199003077713"


@pytest.mark.parametrize("between", ["\t", ",", "，", ";"])
def test_a_line_says_name_number_phone_trade_and_training(between: str) -> None:
    text = "姓名\t身份证号\n\n" + between.join(["周大力", NUMBER, "13800000001", "焊工", "2026年12月31日"])
    lines, faults = read_list(text)
    expected = Line(
        row=3,
        name="周大力",
        id_number=NUMBER,
        phone="13800000001",
        trade="焊工",
        training_last_day=date(2026, 12, 31),
    )
    assert (lines, faults) == ([expected], [])


def test_each_line_that_cannot_be_right_is_named_with_what_is_wrong() -> None:
    text = f"周大力,{NUMBER}\n,{NUMBER}\n李四\n王五,{NUMBER},,,31.12.2026\n赵六,1,2,3,4,5"
    lines, faults = read_list(text)
    assert [line.name for line in lines] == ["周大力"]
    assert faults == [
        Fault(row=2, field="name", slug="name-missing"),
        Fault(row=3, field="id_number", slug="line-no-id-number"),
        Fault(row=4, field="training", slug="line-no-day"),
        Fault(row=5, field=None, slug="line-too-many"),
    ]
    _, too_long = read_list("\n".join(f"周大力,{NUMBER}" for _ in range(MOST_WORKERS + 1)))
    assert too_long == [Fault(row=MOST_WORKERS + 1, field=None, slug="list-too-long")]


@given(
    day=st.dates(date(2000, 1, 1), date(2199, 12, 31)),
    form=st.sampled_from(["{:%Y-%m-%d}", "{:%Y/%m/%d}", "{:%Y年%m月%d日}"]),
)
def test_a_day_is_read_as_people_write_it(day: date, form: str) -> None:
    assert read_day(form.format(day)) == day
    assert read_day("2026-02-30") is None
    assert read_day("9999-12-31") is None


@given(text=st.text())
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    read_list(text)
