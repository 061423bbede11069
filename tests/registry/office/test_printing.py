"""What is printed can be read: its text is Chinese, its code is the number, its fonts are part of the file."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from starlette.testclient import TestClient

from registry.access.facts import CredentialStatus
from registry.auth.permissions import Role
from registry.ids import CredentialId
from registry.pages import routers
from registry.paper.fonts import FontMissing, find_faces
from registry.paper.sheets import A4, NoSuchCharacter, Paper
from registry.permits.models import VehiclePermit
from registry.qr.codes import read_qr
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.registry import a_keyring, a_permit, a_person, a_qr_pass, a_unit
from tests.makers.web import a_browser, a_session, a_user, some_parts

MOST_BYTES = 200_000


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    try:
        find_faces()
    except FontMissing:
        pytest.skip("this machine has no fonts-noto-cjk")
    made = some_parts(tmp_path)
    made.rooms["registry"] = a_keyring()
    return made


@pytest.fixture
def clerk(parts: Parts) -> Iterator[TestClient]:
    user = a_user(parts, "chen", Role.CLERK)
    with a_browser(parts, *routers(), signed_in=a_session(parts, user)) as client:
        client.headers["Accept-Language"] = "zh"
        yield client


def permit(
    parts: Parts, plate: str, *, status: CredentialStatus = CredentialStatus.ACTIVE, site: str = "oc1"
) -> CredentialId:
    with parts.stores["registry"].begin(NOON) as work:
        unit = a_unit(work.session)
        made: VehiclePermit = a_permit(
            work.session,
            plate,
            person=a_person(work.session, "王建国", unit=unit, site=site),
            status=status,
            sites=(site,),
        )
        made.unit_id = unit.id
        return made.id


def read(pdf: bytes) -> tuple[str, list[str], int]:
    """Its text, its codes, and its number of pages."""
    document = pypdfium2.PdfDocument(pdf)
    text, codes = "", []
    for page in document:
        text += page.get_textpage().get_text_bounded()
        codes += read_qr(np.ascontiguousarray(page.render(scale=3).to_numpy()[:, :, :3]))
    return text, codes, len(document)


@pytest.mark.parametrize("form", ["card", "sheet"])
def test_a_permit_on_paper_says_its_number_plate_year_unit_and_compound(
    clerk: TestClient, parts: Parts, form: str
) -> None:
    id_ = permit(parts, "鄂E·12345")
    answer = clerk.get(f"/registry/print/permits/{id_}/{form}.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    text, codes, pages = read(answer.content)
    for said in ("车辆通行证", "2026", "鄂E·12345", "档案局", "一号院", "2026-12-31"):
        assert said in text
    assert codes == ["2026-0001"]
    assert pages == 1
    assert ("王建国" in text) is (form == "sheet")
    assert b"/FontFile" in answer.content
    assert len(answer.content) < MOST_BYTES


def test_many_cards_stand_eight_to_a_sheet_and_each_code_is_its_own(clerk: TestClient, parts: Parts) -> None:
    for number in range(19):
        permit(
            parts, f"鄂E100{number:02}", status=CredentialStatus.SUSPENDED if number == 5 else CredentialStatus.ACTIVE
        )
    answer = clerk.get("/registry/print/cards.pdf?year=2026&first=2&last=12")
    _, codes, pages = read(answer.content)
    assert sorted(codes) == [f"2026-{number:04}" for number in (2, 3, 4, 5, 7, 8, 9, 10, 11, 12)]
    assert pages == 2
    assert len(answer.content) < MOST_BYTES
    assert clerk.get("/registry/print/cards.pdf?year=2026&first=100").status_code == 404


def test_what_is_not_in_use_or_of_another_compound_is_not_printed(clerk: TestClient, parts: Parts) -> None:
    stopped = permit(parts, "鄂E10000", status=CredentialStatus.REPORTED_LOST)
    elsewhere = permit(parts, "鄂E20000", site="oc2")
    assert clerk.get(f"/registry/print/permits/{stopped}/card.pdf").status_code == 409
    assert clerk.get(f"/registry/print/permits/{elsewhere}/card.pdf").status_code == 404


def test_what_is_over_is_not_printed(clerk: TestClient, parts: Parts) -> None:
    with parts.stores["registry"].begin(NOON) as work:
        last_year = a_permit(work.session, "鄂E20001", year=2025).id
        over = a_qr_pass(work.session, valid_from=NOON - timedelta(days=2), valid_until=NOON - timedelta(days=1)).id
    for path in (f"permits/{last_year}/card.pdf", f"permits/{last_year}/sheet.pdf", f"passes/{over}/slip.pdf"):
        assert clerk.get(f"/registry/print/{path}").status_code == 409, path
    assert clerk.get("/registry/print/cards.pdf?year=2025").status_code == 404


def test_the_slip_of_a_pass_bears_its_signed_code(clerk: TestClient, parts: Parts) -> None:
    with parts.stores["registry"].begin(NOON) as work:
        pass_id = a_qr_pass(work.session, person=a_person(work.session, "李秀英")).id
    answer = clerk.get(f"/registry/print/passes/{pass_id}/slip.pdf")
    text, codes, _ = read(answer.content)
    assert "李秀英" in text
    assert [code[:4] for code in codes] == ["DY1:"]


def test_without_the_font_nothing_is_printed_and_what_to_install_is_said(tmp_path: Path) -> None:
    (tmp_path / "NotoSansCJK-Regular.ttc").write_bytes(b"no font")
    with pytest.raises(FontMissing, match="fonts-noto-cjk"):
        find_faces([tmp_path])


@pytest.mark.usefixtures("parts")
def test_a_character_that_the_font_has_not_is_named_and_no_box_is_printed() -> None:
    paper = Paper(A4, title="", now=NOON)
    paper.page()
    with pytest.raises(NoSuchCharacter, match="\U0001f697"):
        paper.text(10, 10, "车\U0001f697", points=12)


@pytest.mark.usefixtures("parts")
def test_a_text_is_broken_between_words_and_between_characters_but_not_before_a_full_stop() -> None:
    paper = Paper(A4, title="", now=NOON)
    paper.page()
    paper.block(10, 10, "one vehicle; it is not lent. " * 6 + "一车一证。" * 20, points=12, width=100)
    lines = read(paper.finished())[0].splitlines()
    assert len(lines) > 3
    assert all(line[0] not in "。.;" for line in lines if line)
    assert not any(line.endswith("vehicl") for line in lines)
