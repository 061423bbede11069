"""The second factor: one-time codes of an app that somebody carries, and recovery codes on paper."""
