"""The routes of `/2/`: what each takes, needs and answers."""
