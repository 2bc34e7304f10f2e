"""What-if: an estate with some of its facts replaced, so that it is judged by the same code as the estate as it is."""
