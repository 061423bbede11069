"""The embedded broker: NATS server from its wheel, a child process with a user for each device."""
