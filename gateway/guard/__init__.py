"""The guard's page: one field, one verdict, and who is inside."""
