"""Files that providers and gateways give out themselves: usage and costs from their consoles, LiteLLM's spend logs."""
