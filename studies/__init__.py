"""Studies of the forecast and of the advice; they are not part of the installed package."""
