"""Questions to the ledger: a Query is built for a viewer, refined step by step, turned into SQL, run, and totalled."""
