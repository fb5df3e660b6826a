"""The Calls page: the events behind every figure."""
