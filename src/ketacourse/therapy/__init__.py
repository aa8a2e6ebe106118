"""The nouns of a course: patient, dose, session, protocol, scale, case."""
