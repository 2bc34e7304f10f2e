"""What the Cisco document answers, by number, with what has changed since; TLS alerts and terms in plain words."""
