import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.ids import DeviceAddress, derived_id, new_id, short_code

names = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)


@given(names, names, names)
def test_a_device_is_read_as_it_is_written(site: str, kind: str, name: str) -> None:
    address = DeviceAddress.parse(f"{site}/{kind}/{name}")
    assert str(address) == f"{site}/{kind}/{name}"
    assert address.source == f"//{site}/{kind}/{name}"
    assert address.username == f"{site}.{kind}.{name}"


@pytest.mark.parametrize(
    "text",
    ["", "oc1", "oc1/beam", "oc1/beam/north/01", "oc1/beam/North", "oc1/beam/+", "oc1//x", "oc1/beam/" + "a" * 41],
)
def test_what_is_no_device_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no device"):
        DeviceAddress.parse(text)


def test_new_ids_are_ordered_by_when_they_were_made() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000
    assert {uuid.version for uuid in made} == {7}


def test_the_same_parts_always_give_the_same_derived_id() -> None:
    assert derived_id("oc1", "B02", "x") == derived_id("oc1", "B02", "x")
    assert derived_id("oc1", "B02", "x") != derived_id("oc1", "B0", "2x")


def test_a_short_code_has_no_signs_that_are_mistaken_for_one_another() -> None:
    assert not set("".join(short_code("A")[2:] for _ in range(300))) & set("01IO")
