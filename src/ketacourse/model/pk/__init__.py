"""From the dose to the concentrations: linear, exact and switchable."""
