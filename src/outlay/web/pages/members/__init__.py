"""The pages of members: who signs in, with which role, in which teams."""
