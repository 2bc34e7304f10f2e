"""What to look at: targets files, host lists and command-line targets become one `ekuscan.model.Inventory`."""
