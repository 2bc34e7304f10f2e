"""ekuscan: which mutual-TLS use cases of Cisco collaboration products break without clientAuth."""

__version__ = "0.1.0"
