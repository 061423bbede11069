"""The subcommands of `dayuan`, a module for each kind."""
