"""What the gateway hears on the bus: barriers and sensors of its lanes, and what another room tells it to do."""
