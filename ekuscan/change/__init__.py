"""What changed between two runs: differing facts and verdicts in, one change for each single cause out."""
