"""The pages of the gateway: its upstreams, and how programs are pointed at it."""
