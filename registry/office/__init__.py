"""The clerk's pages: what the registry holds, and what a clerk does to it."""
