"""How long what was heard is kept, and taking away what is older without keeping the inbox waiting."""
