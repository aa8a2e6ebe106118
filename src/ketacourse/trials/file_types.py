"""Types of the fields of a trial file: quantities with units, shares, names, days."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from ketacourse.errors import InputError
from ketacourse.therapy.bounds import HORIZON_DAYS, Bounds
from ketacourse.therapy.case_file import MOST_SESSIONS, Day, Table
from ketacourse.therapy.quantities import Quantity

MOST_ARMS = 24
MOST_PATIENTS = 10**9
"""Most patients of one arm over all replicates: each arm owns that many numbers."""
MOST_VISITS = 200


class Described(Table):
    """A table whose keys are described by the text below each of them."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def quantity(kind: Quantity) -> tuple[BeforeValidator, WithJsonSchema]:
    """Return what makes a field hold one kind of quantity, in its base unit."""

    def parse(text: object) -> float:
        try:
            return kind.parse(text)
        except InputError as error:
            raise PydanticCustomError(
                "refused", "{problem}", {"problem": error.problem, "remedy": error.remedy}
            ) from None

    return BeforeValidator(parse), WithJsonSchema(kind.json_schema)


_DAYS = {"d": 1.0, "day": 1.0, "days": 1.0, "week": 7.0, "weeks": 7.0}
_GAP = Bounds(
    label="The interval", minimum=0.5, maximum=HORIZON_DAYS.maximum, unit="days",
    reason="two doses a day or none in two years is no schedule",
)  # fmt: skip
_WASHOUT = Bounds(
    label="The washout", minimum=0.0, maximum=365.0, unit="days",
    reason="a longer one is another trial",
)  # fmt: skip

Interval = Annotated[
    float, *quantity(Quantity(label="The interval", units=_DAYS, example="7 d", bounds=_GAP))
]
Washout = Annotated[
    float, *quantity(Quantity(label="The washout", units=_DAYS, example="14 d", bounds=_WASHOUT))
]
Share = Annotated[float, Field(ge=0.0, le=1.0, description="a share, 0 to 1")]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Patients = Annotated[int, Field(ge=1, le=MOST_PATIENTS)]
VisitDay = Annotated[
    float, Field(gt=0.0, le=HORIZON_DAYS.maximum, description="days from the first dose")
]
Days = Annotated[list[VisitDay], Field(min_length=1, max_length=MOST_VISITS)]
SessionDays = Annotated[list[Day], Field(min_length=1, max_length=MOST_SESSIONS)]
