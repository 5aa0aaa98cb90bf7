"""The avatar's picture: painted once at start, then put together frame by frame from ready pieces."""
