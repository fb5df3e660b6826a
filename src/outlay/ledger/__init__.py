"""The event store: append-only, deduplicating, read through snapshots. Only intake and query import it."""
