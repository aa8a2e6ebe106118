"""The wording of the free questionnaires fits their scales."""

import pytest

from ketacourse.errors import InputError
from ketacourse.therapy.scales import load_scales, scale
from ketacourse.therapy.wording import questionnaire


@pytest.mark.parametrize(("key", "items"), [("phq9", 9), ("gad7", 7)])
def test_items_and_answers_add_up_to_the_range_of_the_scale(key: str, items: int) -> None:
    form = questionnaire(key)
    most = max(answer.points for answer in form.answers)
    assert len(form.items) == items
    assert scale(key).minimum == items * min(answer.points for answer in form.answers)
    assert scale(key).maximum == items * most


@pytest.mark.parametrize("key", ["phq9", "gad7"])
def test_every_item_has_its_own_code(key: str) -> None:
    codes = [item.code for item in questionnaire(key).items]
    assert len(set(codes)) == len(codes)


def test_the_ninth_item_asks_about_self_harm() -> None:
    last = questionnaire("phq9").items[-1]
    assert "better off dead" in last.text
    assert last.code == scale("phq9_item9").loinc


@pytest.mark.parametrize("key", [s.key for s in load_scales().values() if not s.wording_shipped])
def test_wording_that_is_not_free_does_not_ship(key: str) -> None:
    with pytest.raises(InputError, match="does not ship"):
        questionnaire(key)
