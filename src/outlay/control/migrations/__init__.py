"""The way from every schema that was ever released to today's; one file per step in `versions/`."""
