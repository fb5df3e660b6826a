"""What pages of figures share: where a reader stands, the bar of filters, names and groups, and panels.

Nothing here is a page; `pages` puts these parts together.
"""
