"""My usage: what one person spent themselves."""
