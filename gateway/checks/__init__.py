"""May this pass? The facts a gate knows, and the decision on them."""
