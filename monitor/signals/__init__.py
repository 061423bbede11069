"""What devices say: heard once, kept for good; what cannot be understood is set aside with its reason."""
