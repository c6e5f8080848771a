"""Tunnel connections: connections of their own, or streams in the session where a proxy allows no other."""
