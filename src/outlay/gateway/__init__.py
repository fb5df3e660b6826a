"""The way of a model call through Outlay to its provider and back, untouched and recorded."""
