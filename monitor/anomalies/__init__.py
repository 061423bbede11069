"""What we make of signals: one file for each rule, over the time at which things happened."""
