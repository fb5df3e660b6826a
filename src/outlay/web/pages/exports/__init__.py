"""The Exports page: cost and usage in the open format FOCUS, for whatever reads bills."""
