"""What a person must act on: incidents, raised by the rules of `monitor.anomalies` and closed by people."""
