"""Pictures from files and cameras, one after the other."""
