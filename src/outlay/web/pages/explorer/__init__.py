"""The Usage explorer: spend by agent, user and model, opened row by row, and shared out among teams, pods or tags."""
