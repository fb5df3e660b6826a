"""SCIM 2.0 (RFC 7643, 7644) under `/scim/v2`: how identity providers keep members and their groups up to date."""
