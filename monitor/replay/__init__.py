"""What was heard is told to the rules again: the same alarms, byte for byte, or those that other thresholds would have given."""
