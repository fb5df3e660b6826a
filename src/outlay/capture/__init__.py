"""From bytes that arrive to UsageEvents. Pure: no store, no clock, no web."""
