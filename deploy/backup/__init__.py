"""The whole house in one file: taken while it runs, checked, and restored into an empty place of either kind of store."""
