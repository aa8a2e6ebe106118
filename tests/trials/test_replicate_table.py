"""Tables are recognised by their columns and come back whole."""

import csv
import io

import pytest

from ketacourse.errors import InputError
from ketacourse.trials.replicate_prediction import not_supported, predicted
from ketacourse.trials.replicate_table import LAYOUTS, parse_table, prediction_text, read_table

SAFETY = (
    "source_id,n,population,route,dose_mg_per_kg,infusion_min,quantity,time_min,value,unit,notes"
)


def table(*lines: str, header: str = SAFETY):
    return parse_table("\n".join([header, *lines]) + "\n", name="t.csv")


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_each_layout_is_recognised_by_the_columns_it_needs(layout):
    assert table(header=",".join(layout.needed)).layout is layout


def test_columns_of_no_known_table_are_refused():
    with pytest.raises(InputError, match="no table that can be predicted"):
        table("1,2", header="species,link,quantity")


def test_a_missing_column_is_named_with_the_one_that_looks_like_it():
    header = SAFETY.replace("dose_mg_per_kg", "dose_mg_kg")
    with pytest.raises(InputError, match=r"lacks the column 'dose_mg_per_kg'.*Is it 'dose_mg_kg'"):
        table(header=header)


def test_a_misspelt_optional_column_is_refused_by_name():
    with pytest.raises(InputError, match=r"column 'note' is not known. Did you mean 'notes'"):
        table(header=SAFETY.replace("notes", "note"))


def test_a_foreign_column_is_carried_through_and_named():
    found = table("x,3,TRD,IV,0.5,40,q,,1,mmHg,,blue", header=f"{SAFETY},colour")
    assert found.unread == ("colour",)
    assert found.rows[0].given[-1] == "blue"


def test_a_column_given_twice_is_refused():
    with pytest.raises(InputError, match="'n' stands twice"):
        table(header=f"{SAFETY},n")


def test_a_table_that_was_predicted_already_is_refused():
    with pytest.raises(InputError, match="already has the column 'status'"):
        table(header=f"{SAFETY},status")


def test_rows_come_back_as_they_stood_with_four_columns_more():
    found = table('x,3," TRD, 3 trials ",IV,0.5,40,q,,1,mmHg,"says ""so"""')
    text = prediction_text(found, [predicted(2.0, 1.0, 3.0)])
    header, row = csv.reader(io.StringIO(text))
    assert header[-4:] == ["predicted", "pi90_low", "pi90_high", "status"]
    assert row[2] == " TRD, 3 trials "
    assert row[-5:] == ['says "so"', "2", "1", "3", "predicted"]


def test_blank_lines_are_no_rows_and_lines_keep_their_numbers():
    found = table("x,3,TRD,IV,0.5,40,q,,1,mmHg,", "", "y,3,TRD,IV,0.5,40,q,,1,mmHg,")
    assert [row.line for row in found.rows] == [2, 4]


def test_a_row_of_the_wrong_length_keeps_its_text_and_says_so():
    long, short = table("x,3,TRD,IV,0.5,40,q,,1,mmHg,a,b", "y,3").rows
    assert long.fault == "12 cells for 11 columns"
    assert long.given[-1] == "a,b"
    assert short.fault == "2 cells for 11 columns"
    assert len(short.given) == 11


def test_semicolons_between_cells_are_understood_and_kept():
    found = table("x;3;TRD;IV;0.5;40;q;;1;mmHg;", header=SAFETY.replace(",", ";"))
    assert prediction_text(found, [not_supported("why")]).count(";") == 28


def test_a_table_of_an_old_spreadsheet_is_read(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(f"{SAFETY}\nx,3,70 \u00b1 8 kg,IV,0.5,40,q,,1,mmHg,\n".encode("cp1252"))
    assert read_table(path).rows[0].cells["population"] == "70 \u00b1 8 kg"


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"PK\x03\x04\x00\x00", "no text file"), (None, "cannot be read")],
)
def test_an_unreadable_file_is_refused(tmp_path, content, message):
    path = tmp_path / "t.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_table(path)


def test_an_interval_always_holds_its_prediction():
    found = predicted(2.0, 2.5, 3.0)
    assert (found.low, found.high) == (2.0, 3.0)


def test_a_prediction_that_is_no_number_is_not_made():
    assert predicted(float("nan"), 0.0, 1.0).status.startswith("not_supported")
