"""The model and its results in the field's own formats."""
