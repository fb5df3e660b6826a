"""Saved views: the list of all, and the forms that save, rename, share and delete one."""
