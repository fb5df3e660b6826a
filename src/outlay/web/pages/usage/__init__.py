"""The Usage page: who uses how much, by user or by team."""
