"""The audit trail as it is read, signed and verified; it is written in control/trail.py."""
