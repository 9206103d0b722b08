"""One module for each command or family of commands; none is imported before it is called."""
