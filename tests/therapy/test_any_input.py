"""Whatever is thrown at the case reader, it answers with an error of the tree or a case."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacourse.errors import CaseError, InputError
from ketacourse.therapy.case import Case, load_case, parse_case
from ketacourse.therapy.case_read import read_toml
from ketacourse.therapy.checks import CHECKS
from ketacourse.therapy.conditions import CONDITIONS

EXAMPLE = Path(__file__).parents[2] / "src/ketacourse/examples/mid_course_with_scores.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")

scalars = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**400)
    | st.floats()
    | st.text(max_size=20)
    | st.dates()
    | st.sampled_from(["0.5 mg/kg", "40 min", "72 kg", "done", "present", "iv_infusion", "madrs"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=8,
)


def places(content: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here] if here else []
    if isinstance(content, dict):
        for key in content:
            found += places(content[key], (*here, key))
    if isinstance(content, list):
        for index in range(len(content)):
            found += places(content[index], (*here, index))
    return found


def answer(content: dict[str, Any]) -> Case | None:
    try:
        return parse_case(content)
    except CaseError as error:
        faults = error.faults
    assert faults
    assert all(fault.path and fault.problem and fault.remedy for fault in faults)
    return None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_value_at_any_place_is_a_case_or_named_faults(data: st.DataObject) -> None:
    content: Any = read_toml(EXAMPLE)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(places(content)))
        owner = content
        for step in way:
            owner = owner[step]
        owner[last] = data.draw(values)
    answer(content)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=12), values, max_size=6))
def test_any_tables_are_a_case_or_named_faults(content: dict[str, Any]) -> None:
    assert answer(content) is None


@settings(max_examples=150, deadline=None)
@given(start=st.integers(0, len(TEXT)), length=st.integers(0, 40), new=st.text(max_size=12))
def test_any_edit_of_the_text_is_a_case_or_an_input_error(
    start: int, length: int, new: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "edited.toml"
    text = TEXT[:start] + new + TEXT[start + length :]
    file.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    with contextlib.suppress(InputError):
        assert load_case(file).course.sessions


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_an_input_error(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "bytes.toml"
    file.write_bytes(content)
    with pytest.raises(InputError):
        load_case(file)


@given(
    st.dictionaries(st.sampled_from(list(CONDITIONS)), st.sampled_from(["present", "absent"])),
    st.dictionaries(st.sampled_from(list(CHECKS)), st.sampled_from(["done", "not_done"])),
)
@settings(max_examples=50, deadline=None)
def test_what_is_not_mentioned_stays_unknown(
    conditions: dict[str, str], checks: dict[str, str]
) -> None:
    content = read_toml(EXAMPLE)
    content["patient"] |= {"conditions": conditions, "checks": checks}
    patient = parse_case(content).patient
    for code in CONDITIONS:
        assert patient.condition(code) == conditions.get(code, "unknown")
    assert {code: check.state for code, check in patient.checks.items()} == checks
