"""How a record was after each change: for its history, for undo, and for two who change it at once."""
