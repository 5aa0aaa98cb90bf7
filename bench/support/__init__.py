"""What several measurements share; nothing in here is a measurement."""
