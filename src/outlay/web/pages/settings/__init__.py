"""The settings: one menu entry, a tab for each page."""
