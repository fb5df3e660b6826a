"""Notes on the time axis: the list of all, and the forms that write, change and delete one."""
