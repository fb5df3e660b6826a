"""From an event to its exact cost: which price held when, for which model, and the lines that add up. Pure."""
