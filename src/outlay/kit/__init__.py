"""Small exact things without a business word in them: money, time periods, clocks, identifiers."""
