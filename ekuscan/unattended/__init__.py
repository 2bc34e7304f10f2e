"""What runs ekuscan every night and watches its metrics: units, a line for cron, rules for alerts, a dashboard."""
