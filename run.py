"""python run.py: the whole system on the embedded PostgreSQL; `python run.py --help` lists the other commands."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must read a sentence, not a traceback
    sys.exit(f"Creditflow needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

from app.cli import main

if __name__ == "__main__":
    main()
