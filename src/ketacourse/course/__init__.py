"""The steps of a course: screen, plan, simulate, treat, measure, refit, decide."""
