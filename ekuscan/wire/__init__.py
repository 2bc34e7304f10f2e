"""Protocol logic without a socket and without a clock: bytes in, bytes out."""
