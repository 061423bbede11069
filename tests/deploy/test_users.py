"""People and programs are let in and shut out by the command."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.command import main
from registry.auth.directory import Directory
from registry.auth.entry.rules import Step
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.signing_in import Pending, SignedIn
from registry.clock import SystemClock
from registry.ids import SiteId
from registry.room import ROOM
from registry.store import Store
from tests.fakes.clock import FixedClock
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
    """The store that the commands change, with the guard in it."""
    assert dayuan("user", "add", "guard", "--role", "guard", "--site", "oc1", says=PASSWORD)[0] == 0
    audit_key = (tmp_path / "data" / "keys" / "audit").read_bytes()
    store = Store.open(ROOM, f"sqlite:///{tmp_path}/data/registry.db", audit_key=audit_key)
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
