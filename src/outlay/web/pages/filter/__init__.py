"""The values of one dimension to filter a page of figures by."""
