"""One module for each command or family of commands, and what some share; none is imported before it is called."""
