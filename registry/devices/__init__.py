"""The device register: what is mounted where, what it may say, and which zone it guards."""
