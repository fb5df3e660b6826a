"""Builds the site over the opened parts: one module for each area of the product, put together by `site.py`."""
