"""The rule tables: what a certificate must be fit for, who checks it, and what can be done about it."""
