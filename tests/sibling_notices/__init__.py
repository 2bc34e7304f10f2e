"""The sibling notices as situations: what stands where, and every answer that it has to get."""
