"""Simulated appliances on loopback with their own CAs: what the demo scans, and what the tests scan.

Nothing here leaves the machine, and nothing here reads the clock: every date is relative to a ``today`` that is given.
"""
