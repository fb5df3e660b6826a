"""Search over people, teams, agents, pods, models, keys and pages."""
