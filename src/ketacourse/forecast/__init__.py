"""The course model: a patient's own course, inferred from scores and carried forward."""
