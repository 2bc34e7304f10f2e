"""What the SRV records of a domain tell about the boxes behind it, from inside and from outside."""
