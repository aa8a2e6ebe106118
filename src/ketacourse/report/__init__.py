"""The report: one self-contained page, its tables, and the folder they are written to."""
