"""What changed, site by site, for those who keep a copy."""
