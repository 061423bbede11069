"""What a fire alarm sets going at the gates: the lanes for it open, and those inside are called over."""
