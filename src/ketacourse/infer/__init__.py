"""Estimation: from published rows and priors to a posterior."""
