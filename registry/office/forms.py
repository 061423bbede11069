"""A form that cannot be carried out comes back as it was sent, each error beside its field.

How a page uses it (`registry/office/people.py` is the example):

1. The route takes `sent: Sent` and makes `form = Typed(sent, beside={"no-phone": "phone"})`: which problem is about which field.
2. `with form.trying(work.session): fields = form.read(PersonForm, phone=checked_phone); service.…; return go(…)`: a problem
   undoes what the block did. The rules after the form are all asked, so that all that they find is told at once.
3. After the block: `return _form_page(…, form)`, that of the GET route, which is given `BLANK`; pass it `form=form` and, for
   the answer, `status=form.status, headers=form.headers`.
4. The template: `{% from "registry/forms.html" import trouble, text, area, choice, revision with context %}`, then in the form
   `{{ trouble(form) }}{{ text(form, "phone", t("…"), person.phone) }}`; the last argument is what stands there unless typed.
5. Two clerks at once: `{{ revision(form, number) }}` in the form, `form.revision` for `require_unchanged`; where `form.changed`
   is set, `registry/history.html` has `differences(form, …)`: what the other wrote beside what was typed.

Words: `problem.<slug>`, or `problem.<slug>_<fault>` for a problem with the fact `fault`; facts fill their placeholders.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Annotated, Any, TypeVar, get_origin

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from registry.credentials.period import PeriodEmpty
from registry.problems import Conflict, Problem, TooLarge, Unprocessable
from registry.revisions.service import ChangedMeanwhile

Fields = TypeVar("Fields", bound=BaseModel)
_ABOUT_THE_FORM = frozenset({Conflict.status, TooLarge.status, Unprocessable.status})
_FAULTS = {
    "missing": "field-missing",
    "string_too_short": "field-missing",
    "too_short": "field-missing",
    "string_too_long": "field-too-long",
    "date_from_datetime_parsing": "field-no-day",
    "date_parsing": "field-no-day",
    "time_parsing": "field-no-time",
    "int_parsing": "field-no-number",
    "float_parsing": "field-no-number",
    "greater_than_equal": "field-too-small",
    "less_than_equal": "field-too-large",
}
"""What pydantic finds, in the catalogue's words; anything else is `field-wrong`."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Control characters but for tabs and the ends of lines: no screen shows them, and PostgreSQL does not take all of them."""


async def _sent(request: Request) -> AsyncIterator[FormData]:
    form = await request.form()
    yield form
    await form.close()


Sent = Annotated[FormData, Depends(_sent)]
"""What a form sent, unread."""
Rule = Callable[[Any], object]
"""What is asked of what was typed into a field, a text or a list of texts; raises the `Problem` that stands beside it."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong: the keys of its text, the most exact first, and what fills its placeholders."""

    keys: Sequence[str]
    facts: Mapping[str, object]


class Typed:
    """What somebody typed into a form, and what is wrong with it."""

    def __init__(self, sent: FormData | None = None, *, beside: Mapping[str, str] | None = None) -> None:
        """`beside`: the field of each problem's slug, unless its fact `field` says it; a problem that is about none stands above the form."""
        self._sent = sent
        self._beside = beside or {}
        self._wrong: dict[str, list[Wrong]] = {}
        self.changed: ChangedMeanwhile | None = None
        """Set when somebody else changed the record while this was typed."""

    @property
    def status(self) -> int:
        if self.changed is not None:
            return Conflict.status
        return Unprocessable.status if self._wrong else 200

    @property
    def headers(self) -> Mapping[str, str]:
        """For the answer: a form that came back replaces the one that was sent, and has no address of its own."""
        return {"X-Form": "back", "HX-Push-Url": "false", "Cache-Control": "no-store"} if self._wrong else {}

    @property
    def revision(self) -> int:
        """The number of the record's revision that its writer was shown; 0: none."""
        return self.number("revision", range(2**31)) or 0

    def read(self, model: type[Fields], /, **rules: Rule) -> Fields:
        """Read the fields; what was left empty counts as not sent.

        `rules`: for a field, what is asked of it where it is filled in and can be read; of a list of boxes always.

        Raises:
            _NotRead: some cannot be read or break their rule; `trying` tells each beside its field.

        """
        filled = self._filled(model)
        unseen = [name for name, value in filled.items() if any(map(_UNSEEN.search, value))]
        if unseen:
            raise _NotRead([(name, "field-control", {}) for name in unseen])
        read, faults = None, []
        try:
            read = model.model_validate(filled)
        except ValidationError as error:
            faults = _faults_of(error)
        unread = {field for field, _, _ in faults}
        asked = {name: rule for name, rule in rules.items() if name in filled and name not in unread}
        faults += [fault for name, rule in asked.items() for fault in _broken(name, rule, filled[name])]
        if read is None or faults:
            raise _NotRead(faults)
        return read

    def trying(self, session: Session) -> "_Trying":
        """Do what the form asks, in a `with` block: a problem that its writer can mend is kept here, nothing of the block is done.

        Any other problem (who may not, what is not there) is raised on.
        """
        return _Trying(self, session)

    def keep(self, problem: Problem, *, beside: str | None = None) -> None:
        """Keep a problem beside the field that it is about: `beside`, where its slug alone does not say which."""
        if isinstance(problem, _NotRead):
            for field, slug, facts in problem.faults:
                self._add(field, slug, facts)
            return
        if isinstance(problem, ChangedMeanwhile):
            self.changed = problem
        named = problem.facts.get("field", self._beside.get(problem.slug, ""))
        field = str(named) if beside is None else beside
        self._add(field, problem.slug, problem.facts)

    def value(self, field: str, otherwise: object = "") -> str:
        """What stands in a field: what was typed, else what the record says."""
        if self._sent is None:
            return "" if otherwise is None else str(otherwise)
        typed = self._sent.get(field, "")
        return typed if isinstance(typed, str) else ""

    def number(self, field: str, among: range) -> int | None:
        """The number in a field, if it is one of these; what a page goes by that comes back with its form."""
        sent = self.value(field).strip()
        is_number = sent.isascii() and sent.isdigit() and len(sent) <= len(str(among.stop))
        return int(sent) if is_number and int(sent) in among else None

    def has(self, field: str) -> bool:
        """Whether the form that was sent has this field."""
        return self._sent is not None and field in self._sent

    def holds(self, field: str, value: object, otherwise: Sequence[object] = ()) -> bool:
        """Whether a box is ticked: as it was sent, else as the record says."""
        if self._sent is None:
            return value in otherwise
        return str(value) in self._sent.getlist(field)

    def file(self, field: str) -> bytes | None:
        """What is in the file of a field; None: none was chosen."""
        chosen = None if self._sent is None else self._sent.get(field)
        return chosen.file.read() if isinstance(chosen, UploadFile) and chosen.filename else None

    def wrong(self, field: str = "") -> Sequence[Wrong]:
        """What is wrong with a field; without one, with the form."""
        return self._wrong.get(field, ())

    @property
    def first_wrong(self) -> str | None:
        """The field to go to: the first as they stand on the page, which is how they were sent; a box that is not ticked comes last."""
        sent = [] if self._sent is None else list(self._sent)
        return next((field for field in (*sent, *self._wrong) if field and field in self._wrong), None)

    def _filled(self, model: type[BaseModel]) -> dict[str, str | list[str]]:
        filled: dict[str, str | list[str]] = {}
        for name, field in model.model_fields.items():
            sent = [] if self._sent is None else [one for one in self._sent.getlist(name) if isinstance(one, str)]
            there = [one.strip() for one in sent if one.strip()]
            if get_origin(field.annotation) in {list, set, frozenset, tuple}:
                filled[name] = there
            elif there:
                filled[name] = there[-1]
        return filled

    def _add(self, field: str, slug: str, facts: Mapping[str, object]) -> None:
        keys = [f"problem.{slug}"]
        if isinstance(fault := facts.get("fault"), str):
            keys.insert(0, f"problem.{slug}_{fault}")
        self._wrong.setdefault(field, []).append(Wrong(keys, facts))


BLANK = Typed()
"""The form before anybody wrote into it."""


def not_before(form: Typed, first: str) -> Rule:
    """The rule of a last day: it is none before the day in the field `first`, where that can be read."""

    def rule(last: str) -> None:
        try:
            is_before = date.fromisoformat(last) < date.fromisoformat(form.value(first).strip())
        except ValueError:
            return
        if is_before:
            raise PeriodEmpty("The last day is before the first.")

    return rule


class _NotRead(Unprocessable):
    """Some fields are no numbers, days or choices, or break a rule: `faults` are (field, slug, facts)."""

    slug = "fields-wrong"

    def __init__(self, faults: Sequence[tuple[str, str, Mapping[str, object]]]) -> None:
        super().__init__()
        self.faults = faults


def _faults_of(error: ValidationError) -> list[tuple[str, str, Mapping[str, object]]]:
    return [
        (
            str(fault["loc"][0]) if fault["loc"] else "",
            _FAULTS.get(fault["type"], "field-wrong"),
            fault.get("ctx", {}),
        )
        for fault in error.errors(include_input=False, include_url=False)
    ]


def _broken(field: str, rule: Rule, typed: str | list[str]) -> list[tuple[str, str, Mapping[str, object]]]:
    try:
        rule(typed)
    except Problem as problem:
        if problem.status not in _ABOUT_THE_FORM:
            raise
        return [(field, problem.slug, problem.facts)]
    return []


class _Trying:
    """A block whose changes are taken back when its form cannot be carried out."""

    __slots__ = ("_form", "_savepoint", "_session")

    def __init__(self, form: Typed, session: Session) -> None:
        self._form, self._session = form, session

    def __enter__(self) -> None:
        self._savepoint = self._session.begin_nested()
        self._savepoint.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._savepoint.__exit__(kind, error, trace)
        if not isinstance(error, Problem) or error.status not in _ABOUT_THE_FORM:
            return False
        self._form.keep(error)
        return True
