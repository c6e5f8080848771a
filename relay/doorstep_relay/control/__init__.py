"""What clients, callers and operators may do: sessions, the REST API and the services below them."""
