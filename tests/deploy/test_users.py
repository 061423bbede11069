"""People and programs are let in and shut out by the command."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.command import main
from registry.auth.directory import Directory
from registry.auth.entry.rules import Step
from registry.auth.permissions import Permission, Role
from registry.auth.principal import Grant, Principal
from registry.auth.signing_in import Pending, SignedIn
from registry.clock import SystemClock
from registry.ids import GateId, SiteId
from registry.room import ROOM
from registry.store import Store
from registry.units.queries import all_units
from tests.fakes.clock import FixedClock
from tests.makers.registry import a_gate, a_unit
from tests.makers.second_factors import a_factor
from tests.makers.signing_in import actions, try_to_sign_in
from tests.makers.web import PASSWORD

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def dayuan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`dayuan("user", …, says=…) -> (exit code, what it printed)` in a folder of its own."""

    def run(*words: str, says: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(says + "\n"))
        code = main([*words, "--data-dir", str(tmp_path / "data")])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def registry(tmp_path: Path, dayuan: Command) -> Iterator[Store]:
    """The store that the commands change: three compounds with a gate each, an office, and the guard of the first."""
    assert dayuan("migrate")[0] == 0
    audit_key = (tmp_path / "data" / "keys" / "audit").read_bytes()
    store = Store.open(ROOM, f"sqlite:///{tmp_path}/data/registry.db", audit_key=audit_key)
    with store.begin(SystemClock().now()) as work:
        for site in ("oc1", "oc2", "oc3"):
            a_gate(work.session, f"{site}-north", site=site)
        a_gate(work.session, "oc1-south")
        a_unit(work.session)
    assert dayuan("user", "add", "guard", "--role", "guard", "--site", "oc1", says=PASSWORD)[0] == 0
    yield store
    store.close()


def may_sign_in(registry: Store, password: str = PASSWORD) -> bool:
    return isinstance(try_to_sign_in(registry, FixedClock(SystemClock().now()), password), SignedIn)


def bearer_is_known(registry: Store, token: str) -> bool:
    return Directory(registry, SystemClock()).of_bearer(token) is not None


def test_a_user_is_shut_out_and_let_in_again(dayuan: Command, registry: Store) -> None:
    token = dayuan("user", "token", "guard")[1].strip()
    assert may_sign_in(registry)
    assert dayuan("user", "disable", "guard") == (0, "guard is shut out.\n")
    assert not may_sign_in(registry)
    assert not bearer_is_known(registry, token)
    assert dayuan("user", "enable", "guard") == (0, "guard may sign in again.\n")
    assert may_sign_in(registry)
    assert bearer_is_known(registry, token)


def test_a_user_gets_another_password(dayuan: Command, registry: Store) -> None:
    assert dayuan("user", "password", "guard", "--own", says="another long password")[0] == 0
    assert not may_sign_in(registry)
    assert may_sign_in(registry, "another long password")
    assert dayuan("user", "password", "guard", says="short") == (2, "dayuan: A password has at least 12 characters\n")


def test_a_password_that_somebody_else_gave_serves_once(dayuan: Command, registry: Store) -> None:
    said = dayuan("user", "password", "guard", says="another long password")
    assert said[0] == 0
    assert "they choose their own" in said[1]
    clock = FixedClock(SystemClock().now())
    asked = try_to_sign_in(registry, clock, "another long password")
    assert isinstance(asked, Pending)
    assert asked.step is Step.PASSWORD


def test_no_password_is_made_of_well_known_words(dayuan: Command, registry: Store) -> None:
    code, said = dayuan("user", "password", "guard", says="guard-password-2026")
    assert code == 2
    assert "among the first that others try" in said
    assert may_sign_in(registry)


def test_a_lost_second_factor_is_taken_away(dayuan: Command, registry: Store) -> None:
    clock = FixedClock(SystemClock().now())
    a_factor(registry, clock)
    assert isinstance(try_to_sign_in(registry, clock), Pending)
    assert dayuan("user", "remove-second-factor", "guard") == (0, "guard signs in by password alone now.\n")
    assert may_sign_in(registry)
    assert actions(registry).count("second-factor-removed") == 1


def test_a_user_gets_other_roles(dayuan: Command, registry: Store) -> None:
    token = dayuan("user", "token", "guard")[1].strip()
    code, said = dayuan("user", "grants", "guard", "--role", "guard", "--site", "oc2", "--site", "oc3")
    assert (code, said) == (0, "guard has these roles: guard@oc2, guard@oc3.\n")
    assert dayuan("user", "grants", "guard", "--role", "king")[0] == 2
    principal = Directory(registry, SystemClock()).of_bearer(token)
    assert principal is not None
    assert principal.grants == frozenset(), "the token was made for oc1 and gives nothing more"
    token = dayuan("user", "token", "guard")[1].strip()
    again = Directory(registry, SystemClock()).of_bearer(token)
    assert again is not None
    assert again.grants == {Grant(Role.GUARD, SiteId("oc2")), Grant(Role.GUARD, SiteId("oc3"))}


def test_a_token_is_found_in_the_list_and_revoked_alone(dayuan: Command, registry: Store) -> None:
    tokens = [dayuan("user", "token", "guard")[1].strip() for _ in range(2)]
    _, *lines = dayuan("user", "tokens")[1].splitlines()
    assert all("guard's token" in line and "guard@oc1" in line for line in lines)
    assert not any(token in line for token in tokens for line in lines), "a token is shown once"
    first, second = (line.split()[0] for line in lines)
    assert dayuan("user", "revoke-token", first.upper()) == (0, "guard's token is worth nothing now.\n")
    assert [bearer_is_known(registry, token) for token in tokens] == [False, True]
    assert [line.split()[0] for line in dayuan("user", "tokens")[1].splitlines()[1:]] == [second]
    assert dayuan("user", "revoke-token", first)[0] == 2


@pytest.mark.parametrize(
    "words", [["disable"], ["enable"], ["password"], ["remove-second-factor"], ["grants", "--role", "guard"], ["token"]]
)
def test_who_is_not_there_is_told_in_a_sentence(dayuan: Command, registry: Store, words: list[str]) -> None:
    assert may_sign_in(registry)
    code, said = dayuan("user", words[0], "nobody", *words[1:], says=PASSWORD)
    assert (code, said.count("\n")) == (2, 1)
    assert "There is no user" in said


def made(dayuan: Command, *words: str) -> str:
    code, said = dayuan("user", "token", *words)
    assert code == 0, said
    return said.strip()


def principal(registry: Store, token: str, *, at: datetime | None = None) -> Principal | None:
    return Directory(registry, FixedClock(at or SystemClock().now())).of_bearer(token)


def test_a_token_begins_so_that_it_is_known_for_one(dayuan: Command, registry: Store) -> None:
    token = made(dayuan, "guard")
    assert re.fullmatch(r"dy_[\w-]{43}", token)
    assert token[:8] in dayuan("user", "tokens")[1]
    assert principal(registry, token) is not None


def test_a_token_ends_after_a_year_unless_another_day_is_named(dayuan: Command, registry: Store) -> None:
    now = SystemClock().now()
    day = (now + timedelta(days=30)).date()
    year, month, never = (
        made(dayuan, "guard"),
        made(dayuan, "guard", "--until", str(day)),
        made(dayuan, "guard", "--no-end"),
    )
    last_moment = datetime(day.year, day.month, day.day, 15, 59, tzinfo=UTC)  # of the day in Shanghai
    for token, good, over in (
        (year, now + timedelta(days=364), now + timedelta(days=366)),
        (month, last_moment, last_moment + timedelta(minutes=1)),
    ):
        assert principal(registry, token, at=good) is not None
        assert principal(registry, token, at=over) is None
    assert principal(registry, never, at=now + timedelta(days=20_000)) is not None
    assert dayuan("user", "tokens")[1].count("never") == 4, "one has no end, and none was used but in thought"


@pytest.mark.parametrize(
    ("until", "sentence"),
    [("2020-01-31", "2020-01-31 is over already."), ("soon", "soon is no date: write it as 2027-01-31.")],
)
def test_an_end_that_is_none_is_refused(dayuan: Command, registry: Store, until: str, sentence: str) -> None:
    assert principal(registry, "x") is None
    assert dayuan("user", "token", "guard", "--until", until) == (2, f"dayuan: {sentence}\n")


def test_a_token_is_for_a_part_of_what_its_user_may(dayuan: Command, registry: Store) -> None:
    dayuan("user", "grants", "guard", "--role", "guard", "--role", "clerk", "--site", "oc1")
    of_role = principal(registry, made(dayuan, "guard", "--scope", "clerk"))
    reading = principal(registry, made(dayuan, "guard", "--scope", "clerk", "--scope", "entries.read"))
    assert of_role is not None
    assert of_role.roles == {Role.CLERK}
    assert reading is not None
    assert [permission for permission in Permission if reading.holds(permission)] == [Permission.ENTRIES_READ]
    assert reading.may(Permission.ENTRIES_READ, SiteId("oc1"))
    assert not reading.may(Permission.REGISTRY_READ, SiteId("oc1"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--scope", "entrys.read"], "There is no role or permission entrys.read. Did you mean entries.read?"),
        (["--scope", "clerk"], "guard does not have the role clerk."),
        (["--scope", "users.manage"], "guard does not hold users.manage."),
        (["--gate", "oc1-nort"], "There is no gate oc1-nort. Did you mean oc1-north?"),
        (["--gate", "oc2-north"], "The user may do nothing at oc2, where oc2-north is."),
    ],
)
def test_a_token_for_what_is_not_there_is_refused(
    dayuan: Command, registry: Store, words: list[str], sentence: str
) -> None:
    assert dayuan("user", "token", "guard", *words) == (2, f"dayuan: {sentence}\n")
    assert dayuan("user", "tokens")[1].count("\n") == 1
    assert may_sign_in(registry)


def test_a_machine_s_token_is_for_the_gate_where_it_stands(dayuan: Command, registry: Store) -> None:
    dayuan("user", "add", "reader-1", "--role", "reader", "--site", "oc1", says=PASSWORD)
    assert dayuan("user", "token", "reader-1") == (2, "dayuan: A machine stands at one gate: name it with --gate.\n")
    reader = principal(registry, made(dayuan, "reader-1", "--gate", "oc1-north"))
    assert reader is not None
    assert reader.may_at(Permission.GATE_CHECK, SiteId("oc1"), GateId("oc1-north"))
    assert not reader.may_at(Permission.GATE_CHECK, SiteId("oc1"), GateId("oc1-south"))
    assert reader.may(Permission.MEDIA_WRITE, SiteId("oc1")), "its pictures are the compound's"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--site", "oc11"], "There is no compound oc11. Did you mean oc1?"),
        (["--site", "x"], "There is no compound x. There are: oc1, oc2, oc3."),
        (["--unit", "档案局"], "The role unit_officer is for one unit, which --unit names; no other role is."),
    ],
)
def test_a_user_is_given_roles_only_where_there_is_a_place(
    dayuan: Command, registry: Store, words: list[str], sentence: str
) -> None:
    added = dayuan("user", "add", "chen", "--role", "guard", *words, says=PASSWORD)
    assert added == (2, f"dayuan: {sentence}\n")
    assert dayuan("user", "grants", "guard", "--role", "guard", *words)[0] == 2
    assert may_sign_in(registry)


def test_an_officer_of_a_unit_is_given_the_unit(dayuan: Command, registry: Store) -> None:
    officer = ("user", "add", "chen", "--role", "unit_officer", "--site", "oc1")
    assert dayuan(*officer, says=PASSWORD)[0] == 2
    assert dayuan(*officer, "--unit", "Archives Ofice", says=PASSWORD)[1].endswith("Did you mean Archives Office?\n")
    assert dayuan(*officer, "--unit", "Archives Office", says=PASSWORD)[0] == 0
    chen = principal(registry, made(dayuan, "chen"))
    with registry.read() as session:
        (unit,) = all_units(session)
    assert chen is not None
    assert chen.units(Permission.UNIT_READ) == {(SiteId("oc1"), unit.id)}
    assert chen.sites(Permission.UNIT_READ) == frozenset()
