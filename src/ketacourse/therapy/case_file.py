"""The case file as it is written: its tables, keys, types and units.

The models only describe the file. What they read becomes the nouns of this package in
``case_build``; rules over several fields are in ``case_rules``.
"""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from ketacourse.errors import InputError
from ketacourse.therapy import quantities as q
from ketacourse.therapy.bounds import FAILED_ANTIDEPRESSANTS, LATEST_DAY, LEAD_IN_DAYS
from ketacourse.therapy.checks import CHECK_STATES, CHECKS, CheckState, check_code
from ketacourse.therapy.conditions import CONDITIONS, ConditionState, condition_code
from ketacourse.therapy.course import Masking, Setting
from ketacourse.therapy.dose import Drug, Route
from ketacourse.therapy.medications import CLASSES, medication_class
from ketacourse.therapy.patient import Ancestry, BdnfGenotype, Cyp2b6Genotype, Diagnosis, Sex
from ketacourse.therapy.protocol import load_protocols, protocol
from ketacourse.therapy.scales import load_scales, scale
from ketacourse.therapy.treated import Happened
from ketacourse.therapy.vitals import Moment

MOST_SESSIONS = 400
MOST_SCORES = 5000


def refusal(error: InputError) -> PydanticCustomError:
    """Return a package error in the form that keeps its place in the file."""
    return PydanticCustomError(
        "refused", "{problem}", {"problem": error.problem, "remedy": error.remedy}
    )


def _checked(check: Callable[[Any], object]) -> BeforeValidator:
    def validate(value: object) -> object:
        try:
            return check(value)
        except InputError as error:
            raise refusal(error) from None

    return BeforeValidator(validate)


def _known(find: Callable[[str], object]) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, str):
            find(value)
        return value

    return _checked(check)


class Table(BaseModel):
    """A table of the file: unknown keys are refused, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


Day = Annotated[float, Field(ge=0.0, le=LATEST_DAY, description="days from the first dose")]
AnyDay = Annotated[
    float,
    Field(
        ge=-LEAD_IN_DAYS,
        le=LATEST_DAY,
        description="days from the first dose, negative before it",
    ),
]
Text = Annotated[str, Field(max_length=400)]
Age = Annotated[float, _checked(q.AGE.parse), WithJsonSchema(q.AGE.json_schema)]
Weight = Annotated[float, _checked(q.WEIGHT.parse), WithJsonSchema(q.WEIGHT.json_schema)]
Height = Annotated[float, _checked(q.HEIGHT.parse), WithJsonSchema(q.HEIGHT.json_schema)]
Crp = Annotated[float, _checked(q.CRP.parse), WithJsonSchema(q.CRP.json_schema)]
Il6 = Annotated[float, _checked(q.IL6.parse), WithJsonSchema(q.IL6.json_schema)]
Sbp = Annotated[float, _checked(q.SBP.parse), WithJsonSchema(q.SBP.json_schema)]
Dbp = Annotated[float, _checked(q.DBP.parse), WithJsonSchema(q.DBP.json_schema)]
HeartRate = Annotated[float, _checked(q.HEART_RATE.parse), WithJsonSchema(q.HEART_RATE.json_schema)]
Spo2 = Annotated[float, _checked(q.SPO2.parse), WithJsonSchema(q.SPO2.json_schema)]
Breaths = Annotated[float, _checked(q.BREATHS.parse), WithJsonSchema(q.BREATHS.json_schema)]
Horizon = Annotated[float, _checked(q.HORIZON.parse), WithJsonSchema(q.HORIZON.json_schema)]
Duration = Annotated[float, _checked(q.DURATION.parse), WithJsonSchema(q.DURATION.json_schema)]
TherapyDuration = Annotated[
    float, _checked(q.THERAPY_DURATION.parse), WithJsonSchema(q.THERAPY_DURATION.json_schema)
]
Amount = Annotated[tuple[float, str], _checked(q.DOSE.split), WithJsonSchema(q.DOSE.json_schema)]
"""Number in mg or mg/kg, and the unit it was given in."""

ConditionCode = Annotated[str, _known(condition_code)]
CheckCode = Annotated[str, _known(check_code)]
ScaleKey = Annotated[
    str, _known(scale), WithJsonSchema({"type": "string", "enum": list(load_scales())})
]
MedicationClass = Annotated[
    str, _known(medication_class), WithJsonSchema({"type": "string", "enum": list(CLASSES)})
]
ProtocolName = Annotated[
    str, _known(protocol), WithJsonSchema({"type": "string", "enum": list(load_protocols())})
]


class VitalsTable(Table):
    """Vital signs as read."""

    day: AnyDay
    sbp: Sbp | None = None
    dbp: Dbp | None = None
    heart_rate: HeartRate | None = None
    spo2: Spo2 | None = None
    respiratory_rate: Breaths | None = None
    moment: Moment = "rest"


class MedicationTable(Table):
    """One medicine; its classes are looked up unless they are given."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    classes: list[MedicationClass] | None = None


class CheckTable(Table):
    """One check: whether it was done, when, and what it showed."""

    state: CheckState
    day: AnyDay | None = None
    result: Text = ""


def _as_table(value: object) -> object:
    return {"state": value} if isinstance(value, str) else value


CheckEntry = Annotated[
    CheckTable,
    BeforeValidator(_as_table),
    WithJsonSchema({"anyOf": [{"enum": list(CHECK_STATES)}, CheckTable.model_json_schema()]}),
]
"""A check as a table, or just ``"done"`` or ``"not_done"``."""


class PatientTable(Table):
    """Who is treated."""

    identifier: Annotated[
        str, Field(min_length=1, max_length=64, description="local pseudonym, never a name")
    ] = "case"
    age: Age
    sex: Sex
    weight: Weight
    height: Height | None = None
    diagnosis: Diagnosis
    failed_antidepressants: (
        Annotated[
            int,
            Field(
                ge=0,
                le=int(FAILED_ANTIDEPRESSANTS.maximum),
                description="adequate trials without response in this episode",
            ),
        ]
        | None
    ) = None
    bdnf_genotype: BdnfGenotype = "unknown"
    ancestry: Ancestry = "unknown"
    cyp2b6_genotype: Cyp2b6Genotype = "unknown"
    crp: Crp | None = None
    il6: Il6 | None = None
    vitals: VitalsTable | None = None
    medications: Annotated[list[MedicationTable], Field(max_length=60)] = []
    conditions: Annotated[
        dict[ConditionCode, ConditionState],
        Field(json_schema_extra={"propertyNames": {"enum": list(CONDITIONS)}}),
    ] = {}
    checks: Annotated[
        dict[CheckCode, CheckEntry],
        Field(json_schema_extra={"propertyNames": {"enum": list(CHECKS)}}),
    ] = {}


class SessionTable(Table):
    """One dose, or the same dose on several days."""

    day: Day | None = None
    days: Annotated[list[Day], Field(min_length=1, max_length=MOST_SESSIONS)] | None = None
    drug: Drug
    route: Route
    dose: Amount
    duration: Duration | None = None
    note: Text = ""


class TherapyTable(Table):
    """One session of psychotherapy, or the same on several days."""

    day: AnyDay | None = None
    days: Annotated[list[AnyDay], Field(min_length=1, max_length=MOST_SESSIONS)] | None = None
    duration: TherapyDuration
    kind: Annotated[str, Field(min_length=1, max_length=40)] = "cbt"


class CourseTable(Table):
    """What is planned: a named protocol, or the sessions themselves."""

    protocol: ProtocolName | None = None
    sessions: Annotated[list[SessionTable], Field(max_length=MOST_SESSIONS)] | None = None
    boosters: Annotated[list[SessionTable], Field(max_length=MOST_SESSIONS)] = []
    therapy: Annotated[list[TherapyTable], Field(max_length=MOST_SESSIONS)] = []
    horizon: Horizon | None = None
    masking: Masking = "open"
    setting: Setting = "clinic"
    new_oral_antidepressant: bool = False


class ScoreTable(Table):
    """One observed total."""

    day: AnyDay
    scale: ScaleKey
    total: int


class TreatedTable(Table):
    """What became of one session: given as planned, given otherwise, or missed."""

    day: Annotated[Day, Field(description="day of the planned session")]
    happened: Happened = "given"
    given_day: Day | None = None
    drug: Drug | None = None
    route: Route | None = None
    dose: Amount | None = None
    duration: Duration | None = None
    note: Text = ""


class CaseFile(Table):
    """One patient's course, as planned and as observed."""

    title: Text = ""
    patient: PatientTable
    baseline: Annotated[
        dict[ScaleKey, int],
        Field(json_schema_extra={"propertyNames": {"enum": list(load_scales())}}),
    ] = {}
    course: CourseTable
    scores: Annotated[list[ScoreTable], Field(max_length=MOST_SCORES)] = []
    vitals: Annotated[list[VitalsTable], Field(max_length=MOST_SCORES)] = []
    treated: Annotated[list[TreatedTable], Field(max_length=MOST_SESSIONS)] = []


def case_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a case file."""
    schema = CaseFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ketacourse case file",
        **{key: value for key, value in schema.items() if key != "title"},
    }
