"""The offices that answer for people and vehicles (责任单位)."""
