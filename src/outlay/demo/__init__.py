"""A realistic organisation of any size, drawn from measured production traffic. Pure and deterministic."""
