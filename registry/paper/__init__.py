"""Paper: documents as PDF, in Chinese type that is part of the file."""
