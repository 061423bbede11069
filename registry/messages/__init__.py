"""What the rooms and the devices say to each other: topics, envelope, events, commands, alarms, verdicts."""
