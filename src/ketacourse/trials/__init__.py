"""Virtual trials: designed, run, summarised, and replayed from published tables."""
