"""What is a password and what is only typed like one."""

import random
import secrets
import string
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.auth.passwords import MAX_LENGTH, MIN_LENGTH, PasswordFault, fault_of, typed
from registry.auth.secrets import hash_password, is_hash_old, is_password

ABOUT = ["chen.wei", "oc1", "市政府大院", "Harbour View"]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "a long enough password",
        "another long password",
        "tea at the north gate",
        "三只猫在窗台上晒着太阳睡觉",
        "Vx7#kQp2Lm9z",
        "138 0717 4425 6",
    ],
)
def test_a_long_phrase_needs_no_signs_and_no_capitals(password: str) -> None:
    assert fault_of(password, words=ABOUT) is None


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password2026!",
        "P@ssw0rd!!!!",
        "passwordpassword",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "123412341234",
        "123456789012",
        "qwertyuiop12",
        "1qaz2wsx3edc",
        "abcdefghijkl",
        "zyxwvutsrqpo",
        "Admin@123456",
        "Welcome2026!!",
        "woaini1314520",
        "dayuan-2026-dayuan",
        "boss-password-2026",
        "admin - - - - - - - -",
        "大院大院大院大院大院大院",
        "ｐａｓｓｗｏｒｄ１２３４",
    ],
)
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert fault_of(password) is PasswordFault.COMMON


@pytest.mark.parametrize(
    "password", ["chen.wei2026!", "Wei-Chen-12345", "市政府大院12345678", "harbourview123", "oc1oc1oc1oc1"]
)
def test_neither_ones_own_name_nor_that_of_the_compound_is_a_password(password: str) -> None:
    assert fault_of(password, words=ABOUT) is PasswordFault.COMMON


def test_the_same_words_are_no_fault_of_somebody_elses() -> None:
    assert fault_of("Harbour1 viewpoint") is None


def test_a_password_has_twelve_characters_and_no_end_that_matters() -> None:
    phrase = "tea at the north gate, and cake "
    assert fault_of(phrase[: MIN_LENGTH - 1]) is PasswordFault.SHORT
    assert fault_of(phrase[:MIN_LENGTH]) is None
    long = "".join(random.Random(5).choices(string.ascii_letters, k=MAX_LENGTH + 1))
    assert fault_of(long) is PasswordFault.LONG
    assert fault_of(long[:-1]) is None


def test_what_a_machine_draws_is_always_one() -> None:
    assert [drawn for drawn in (secrets.token_urlsafe(12) for _ in range(5_000)) if fault_of(drawn, words=ABOUT)] == []


@given(password=st.text(max_size=300), words=st.lists(st.text(max_size=20), max_size=4))
def test_whatever_is_typed_gets_an_answer_and_the_same_however_it_is_typed(password: str, words: list[str]) -> None:
    fault = fault_of(password, words=words)
    assert fault == fault_of(typed(password), words=words)
    if len(typed(password)) < MIN_LENGTH:
        assert fault is PasswordFault.SHORT


def test_full_width_letters_of_an_input_method_are_the_same_password() -> None:
    hashed = hash_password("tea at the north gate 7")
    assert is_password("tea at the north gate ７", hashed)
    assert not is_password("tea at the north gate 8", hashed)
    assert not is_hash_old(hashed)


def test_a_hash_of_weaker_parameters_is_told_apart() -> None:
    weak = "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$6b1xRkq0m0mYp3bU3Yt2kR2v7q0sSgq5m4kq1m9n2oA"
    assert is_hash_old(weak)


def test_passwords_are_hashed_as_rfc_9106_says_where_memory_is_dear_and_nobodys_too() -> None:
    code = (
        "from registry.auth.secrets import _NOBODY, hash_password, is_hash_old, is_password;"
        "hashed = hash_password('tea at the north gate 7');"
        "print(hashed.split('$')[1:4], is_hash_old(hashed), is_hash_old(_NOBODY), is_password('', None))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "['argon2id', 'v=19', 'm=65536,t=3,p=4'] False False False"
