"""The command line: the only code that prints, exits or reads the clock."""

from ekuscan.cli.app import main

__all__ = ["main"]
