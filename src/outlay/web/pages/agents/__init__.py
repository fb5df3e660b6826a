"""The Agents pages: all agents, one agent with its sessions and runs, one session with its calls in order."""
