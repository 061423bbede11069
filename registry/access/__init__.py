"""What the gates must know of the registry: facts for the gateway's snapshot."""
