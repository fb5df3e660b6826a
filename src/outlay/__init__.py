"""Outlay: what an organisation's AI use costs, who and what spends it, and limits that hold."""

__version__ = "0.1.0"
