"""The control database: organisations, members, keys, sessions, and the names of everything the ledger knows by id."""
