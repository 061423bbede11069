"""Who may act for a site: one engine at a time, by a lease that it renews and a token that only grows."""
