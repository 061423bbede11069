"""The pulse: the engine's own sign of life, by which others see that nobody watches."""
