"""Whether devices live: their silences, what befell them together, and what they say of themselves."""
