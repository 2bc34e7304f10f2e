"""What each command's exit codes mean, as its help ends with."""

from __future__ import annotations

SCAN = (
    "Exit codes: 0 nothing at or above --fail-on, everything seen; 1 something at or above it; 2 cannot start (usage, "
    "bad input) or not write; 3 nothing breaks, but an endpoint stayed unseen or a declared connection undecided; "
    "4 a bug of ekuscan; 130 interrupted."
)

PREFLIGHT = (
    "Exit codes: 0 go: nothing breaks that works today; 1 no-go: something does, a certificate cannot be installed, or "
    "something is at or above --fail-on; 2 cannot start (usage, bad input, a change of nothing) or not write; "
    "3 undecided: an unknown fact decides, or a port of what is changed was not seen; 4 a bug of ekuscan; "
    "130 interrupted."
)

REPORT = (
    "Exit codes: 0 written, whatever the result says; 2 cannot start (usage, no result) or not write; "
    "4 a bug of ekuscan. With --to nagios the state of the check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."
)

IMPORT = (
    "Exit codes: 0 done, or nothing to change; 2 cannot start (usage, a source or a targets file that cannot be used) "
    "or not write; 3 an appliance told nothing, what the others told is merged; 4 a bug of ekuscan; 130 interrupted."
)

DISCOVER = (
    "Exit codes: 0 every name server answered, whatever the records say; 2 cannot start (usage, a targets file that "
    "cannot be used) or not write; 3 a server gave no answer, so something stayed unseen; "
    "4 a bug of ekuscan; 130 interrupted."
)

DIFF = (
    "Exit codes: 0 nothing changed; 1 something did; 2 cannot start (usage, a result that cannot be read); 3 nothing "
    "is known to have changed, but a run was broken off or endpoints were not looked at; 4 a bug of ekuscan."
)
