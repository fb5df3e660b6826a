"""One step each. A released step is never edited; a change of the tables is a new file and a new `tables.REVISION`."""
