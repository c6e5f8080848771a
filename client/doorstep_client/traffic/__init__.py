"""Reads along what passes on a link's tunnel connections. Nothing of this is imported where nobody looks."""
