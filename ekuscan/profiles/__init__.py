"""Role profiles: per role the ports of its products, and the certificate slot that each port shows."""
