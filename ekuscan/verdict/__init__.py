"""Rules x inventory x observations -> verdicts. Pure: the same facts give the same answer, whatever their order."""
