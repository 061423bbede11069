"""The composition root: the `dayuan` command, the embedded broker, the demo site and its simulators."""
