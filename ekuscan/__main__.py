"""``python -m ekuscan``."""

from ekuscan.cli import main

if __name__ == "__main__":
    main()
