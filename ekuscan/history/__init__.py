"""What sweeps found, kept: each thing once for as long as it stays the same, in SQLite or PostgreSQL."""
