"""What each command takes on the command line, and the help for it. Bodies are imported when they run."""
