"""The command line: one command per step."""
