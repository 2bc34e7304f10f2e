"""Documentation pages made from the tables: what `ekuscan explain` says, as Markdown with links between the rows."""
