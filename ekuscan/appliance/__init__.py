"""What the APIs of appliances tell a read-only log-in: release, zones, certificates. Nothing is ever written."""
