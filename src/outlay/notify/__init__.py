"""Tells people outside of the pages: mail. What is told, and why, is decided by whoever sends."""
