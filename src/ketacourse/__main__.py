"""Run the command line as ``python -m ketacourse``."""

import sys

from ketacourse.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
