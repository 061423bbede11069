"""What lies between a right password and a session: a code, a password of one's own, setting up a second factor."""
