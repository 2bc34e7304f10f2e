"""One module per format: records of a run in, text out. Nothing here judges, probes or reads a clock."""
