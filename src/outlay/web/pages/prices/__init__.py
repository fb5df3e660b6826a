"""Prices: those in use, what has none, the rules an organisation keeps, and repricings."""
