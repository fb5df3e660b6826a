"""SCIM 2.0: what an organisation's identity provider tells of people and groups, kept beside our members."""
