"""What starts a function, and how it is called."""
