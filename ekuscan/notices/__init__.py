"""What is worth knowing beside the verdicts: a module per family of kinds, and the table that gives them words."""
