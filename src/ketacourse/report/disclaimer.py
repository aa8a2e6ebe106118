"""What a report is and is not, in the words that stand on every one of them."""

RESEARCH_MARK = "Research use only: outside the range that evidence covers"

DISCLAIMER = (
    "This is a computer simulation of a planned course, made for licensed professionals. It is "
    "research and decision support, not a medical device, and it doses nobody.",
    "It shows what published group data would lead one to expect for a patient like this one. "
    "A single person can do better or worse than every band drawn here. Concentrations rest on "
    "published models; mood and side effects are fitted to published groups. None of it has been "
    "tested on new patients.",
    "Much between the receptor and the mood is known from animals only, or is contested. Each "
    "link is graded, and the grades are part of the answer.",
    "The prescriber decides, with the patient in view and measured values in hand. Nothing here "
    "permits treatment without supervision.",
)

TRIAL_DISCLAIMER = (
    "This is a computer simulation of a trial with virtual patients, made for licensed "
    "professionals and researchers. Nobody was treated, and nothing here is evidence that a "
    "treatment works.",
    "It shows what published group data would lead one to expect of these arms. A real trial can "
    "come out otherwise than every interval drawn here.",
    "Much between the receptor and the mood is known from animals only, or is contested, and how "
    "patients differ is partly assumed. What is assumed is said below.",
    "It is research and decision support, not a medical device, and it doses nobody. Nothing here "
    "permits treatment without supervision.",
)

URGENT = (
    "Thoughts of suicide need help now, not a forecast: call the local emergency number or the "
    "treating team."
)
