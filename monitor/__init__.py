"""What is going on: signals in, cameras, anomalies, alarms, patrols and the control room."""
