"""The stages between plasma and mood: what each chart shows, and what the page says of it."""

from dataclasses import dataclass

from ketacourse.report.panels import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePanel:
    """One chart, how long it looks (h; None: the course), and what its first trace says.

    ``says`` is filled with the extreme and its moment; ``gone`` follows where the change
    halves before the window ends. ``after_days`` ends a course window so long after the
    last dose.
    """

    title: str
    traces: tuple[Trace, ...]
    hours: float | None
    unit: str = ""
    says: str = ""
    gone: str = ""
    after_days: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of the chain: heading, what it is, its charts and table times."""

    key: str
    title: str
    intro: str
    panels: tuple[StagePanel, ...]
    points: tuple[float, ...]
    table_hours: float | None
    remark: str = ""


_WEEKS = (0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0, 42.0, 56.0, 84.0, 182.0, 365.0)
_HOURS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0, 48.0, 72.0, 96.0)

STAGES = (
    Stage(
        key="receptor",
        title="NMDA receptor block",
        intro=(
            "The share of receptors blocked in two kinds of nerve cell. Nobody has measured it "
            "in people at this dose: binding constants differ about six-fold between sources, "
            "so read the band, never the line alone."
        ),
        panels=(
            StagePanel(
                title="Inhibitory interneurons",
                traces=(Trace(name="block_interneuron", label=""),), hours=8.0,
                unit="% of receptors blocked",
                says="On inhibitory cells the typical block is {peak} of receptors, {when}.",
            ),
            StagePanel(
                title="Pyramidal cells",
                traces=(Trace(name="block_pyramidal", label="", tone="green"),), hours=8.0,
                unit="% of receptors blocked",
                says="On pyramidal cells it is {peak}.",
            ),
            StagePanel(
                title="Trapped in the channel (habenula)",
                traces=(Trace(name="block_trapped", label="", tone="purple"),), hours=72.0,
                unit="% of receptors blocked",
                says="Block trapped in the channel reaches {peak}, {when}.",
                gone="Half of it is gone {half}.",
            ),
        ),
        points=_HOURS,
        table_hours=72.0,
        remark="The band spans the published binding constants.",
    ),
    Stage(
        key="glutamate",
        title="Glutamate and AMPA receptors",
        intro=(
            "Blocking the brakes lets glutamate rise for an hour or two; AMPA receptors carry "
            "the signal and stay strengthened for about a day. Well shown in rodents, small or "
            "mixed in people."
        ),
        panels=(
            StagePanel(
                title="Glutamate", traces=(Trace(name="glutamate", label=""),), hours=8.0,
                says="Glutamate stands at {peak} {when}.", gone="It is half way back {half}.",
            ),
            StagePanel(
                title="AMPA synapses strengthened",
                traces=(Trace(name="ampa_strength", label="", tone="green"),), hours=72.0,
                unit="% of the most that is possible",
                says="AMPA synapses reach {peak} of their possible strengthening {when}.",
                gone="Half of it is gone {half}.",
            ),
            StagePanel(
                title="Flow through AMPA receptors",
                traces=(Trace(name="ampa_throughput", label="", tone="purple"),), hours=72.0,
            ),
        ),
        points=_HOURS,
        table_hours=72.0,
    ),
    Stage(
        key="bdnf",
        title="BDNF, TrkB and mTORC1",
        intro=(
            "The growth factor BDNF, its receptor TrkB and the protein-making switch mTORC1, "
            "over hours to days. Mostly from animals; in people, BDNF in the blood does not "
            "rise on average, and blocking mTORC1 did not block the benefit."
        ),
        panels=(
            StagePanel(
                title="Translation brake (eEF2) and BDNF pool",
                traces=(
                    Trace(name="eef2_phosphorylation", label="eEF2-P", tone="purple"),
                    Trace(name="bdnf_pool", label="BDNF", tone="green", dash="7 4"),
                ),
                hours=24.0,
                says="The brake on making protein (phosphorylated eEF2) stands at {peak} {when}.",
            ),
            StagePanel(
                title="Release, TrkB, mTORC1, protein",
                traces=(
                    Trace(name="bdnf_release", label="release", tone="orange", dash="9 3 2 3",
                          banded=False),
                    Trace(name="trkb", label="TrkB"),
                    Trace(name="mtorc1", label="mTORC1", tone="vermillion", dash="7 4",
                          banded=False),
                    Trace(name="synaptic_protein", label="protein", tone="green", banded=False),
                ),
                hours=96.0,
                says="BDNF release is highest {when}.", gone="It is half gone {half}.",
            ),
            StagePanel(
                title="BDNF in the blood",
                traces=(Trace(name="plasma_bdnf", label="", tone="purple"),), hours=96.0,
                says="BDNF in the blood stands at no more than {peak}.",
            ),
        ),
        points=_HOURS,
        table_hours=96.0,
    ),
    Stage(
        key="spines",
        title="Synapses and structure",
        intro=(
            "New contacts between nerve cells form within a day, mature over days and fade "
            "over one to several weeks unless renewed. Moderate evidence in mice; a scan in "
            "people saw no rise after a day."
        ),
        panels=(
            StagePanel(
                title="Spines",
                traces=(
                    Trace(name="spines_new", label="new", tone="orange", banded=False),
                    Trace(name="spines_mature", label="mature"),
                    Trace(name="spines_persistent", label="persistent", tone="green", dash="7 4",
                          banded=False),
                ),
                hours=None,
                says="New spines are most numerous {when}.",
            ),
            StagePanel(
                title="Structural effect",
                traces=(Trace(name="structural_effect", label="", tone="green"),), hours=None,
                unit="% of severity removed",
                says="At its most, {when}, structure removes {peak} of severity.",
                gone="Half of that is gone {half}.",
            ),
        ),
        points=_WEEKS,
        table_hours=None,
    ),
    Stage(
        key="learning",
        title="Plasticity window and learned coping",
        intro=(
            "For some hours to days after a dose the brain may learn more easily. Therapy in "
            "that window may build coping that outlasts the drug. The window is seen in mice; "
            "its timing in people is weak evidence, and the added benefit may be nil."
        ),
        panels=(
            StagePanel(
                title="Plasticity window",
                traces=(Trace(name="plasticity_window", label="", tone="purple"),), hours=None,
                unit="% open", after_days=21.0,
                says="The window is widest, {peak} open, {when}.",
            ),
            StagePanel(
                title="Learned coping", traces=(Trace(name="coping", label="", tone="green"),),
                hours=None,
                unit="% of what can be learned",
                says="Learned coping is highest, {peak}, {when}.",
            ),
        ),
        points=_WEEKS,
        table_hours=None,
    ),
    Stage(
        key="inflammation",
        title="Inflammation",
        intro=(
            "Messengers of inflammation and the kynurenine balance. Whether ketamine lowers "
            "them is contested: some trials saw a fall, one of the larger a rise."
        ),
        panels=(
            StagePanel(
                title="IL-6 and IL-1β",
                traces=(
                    Trace(name="il6", label="IL-6"),
                    Trace(name="il1b", label="IL-1β", tone="orange", dash="7 4"),
                ),
                hours=None,
                after_days=21.0, says="Interleukin-6 goes from {rest} to {peak}.",
            ),
            StagePanel(
                title="C-reactive protein",
                traces=(Trace(name="crp", label="", tone="vermillion"),), hours=None,
                after_days=21.0, says="C-reactive protein goes from {rest} to {peak}.",
            ),
            StagePanel(
                title="Kynurenine balance",
                traces=(Trace(name="kynurenine_balance", label="", tone="purple"),), hours=None,
                after_days=21.0,
            ),
        ),
        points=_WEEKS,
        table_hours=None,
    ),
    Stage(
        key="adaptation",
        title="Adaptation, wanting and exposure",
        intro=(
            "Receptors adapt, so dissociation shrinks over sessions while the benefit holds. "
            "Wanting and the opponent state stand for the pull after stopping; in supervised "
            "dosing neither withdrawal nor craving was seen, in heavy use harm is certain."
        ),
        panels=(
            StagePanel(
                title="Adaptation and wanting",
                traces=(
                    Trace(name="adaptation", label="adaptation"),
                    Trace(name="wanting", label="wanting", tone="vermillion", dash="7 4"),
                ),
                hours=None,
                says="Adaptation of dissociation reaches {peak} {when}.",
                gone="Half of it is gone {half}.",
            ),
            StagePanel(
                title="Opponent state",
                traces=(Trace(name="opponent", label="", tone="purple"),), hours=None,
            ),
            StagePanel(
                title="Cumulative exposure", traces=(Trace(name="exposure", label=""),),
                hours=None,
                says="The whole course adds up to {peak} of ketamine in plasma.",
            ),
        ),
        points=_WEEKS,
        table_hours=None,
    ),
)  # fmt: skip
