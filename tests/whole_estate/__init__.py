"""A whole estate as a person keeps it: its targets file, its certificates, and every verdict that it has to get."""
