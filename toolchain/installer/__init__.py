"""Finds or makes the engines that come as Go programs. Standard library only: it runs before pip does."""
