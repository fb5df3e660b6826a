"""Imports: a file is uploaded, looked at, and stored or discarded."""
