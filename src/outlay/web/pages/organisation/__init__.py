"""The organisation's own settings: what it is called, its calendar, its currency, and how long it keeps data."""
