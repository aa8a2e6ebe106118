"""The tables of a trial file that say what is asked of its patients."""

from typing import Annotated

from pydantic import Field

from ketacourse.therapy.case_file import ScaleKey
from ketacourse.trials.arm_file import CriterionTable
from ketacourse.trials.design import Among, EndpointKind, Missing, Rescued, Test
from ketacourse.trials.file_types import Described, Name, VisitDay


class RelapseTable(Described):
    """What counts as a relapse: the condition at this many visits in a row."""

    when: CriterionTable
    visits: Annotated[int, Field(ge=1, le=6)] = 1
    """visits in a row; a relapse dates from the first of them"""


class EndpointTable(Described):
    """One question that the trial answers."""

    name: Name
    kind: EndpointKind
    """what is counted"""
    scale: ScaleKey = "madrs"
    day: VisitDay | None = None
    """day on which the endpoint is read"""
    from_day: VisitDay | None = None
    """day from which a response is to last, or time to relapse counts"""
    cut_off: int | None = None
    """highest total in remission; that of the scale by default"""
    fraction: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    """fall that is a response, as a fraction of the baseline; that of the scale by default"""
    missing: Missing | None = None
    """what becomes of a patient without the score"""
    rescued: Rescued | None = None
    """whether a rescued patient has failed"""
    among: Among = "everyone"
    """whether only those count who were re-randomised"""
    test: Test | None = None
    """the test that fits the kind by default"""


class ContrastTable(Described):
    """Groups whose patients are compared, pooled on each side."""

    name: Name
    arms: Annotated[list[Name], Field(min_length=1)]
    """arms or branches on the first side"""
    against: Annotated[list[Name], Field(min_length=1)]
    """arms or branches on the other side"""


class SubgroupTable(Described):
    """A covariate by which results are split: at a cut, or by its categories."""

    name: Name
    covariate: Name
    """name of the covariate"""
    cut: float | None = None
    """where a number is split, in its unit; the cut itself belongs to the lower part"""


class PowerTable(Described):
    """Further sizes of arms for the power curve, taken from the same patients."""

    patients: Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1, max_length=24)]
    """patients per arm"""
