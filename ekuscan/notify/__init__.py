"""What changed, out to webhooks and mail. A message that a channel does not take is kept and sent with the next one."""
