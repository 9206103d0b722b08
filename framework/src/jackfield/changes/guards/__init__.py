"""What keeps a change from being made, or from being believed, against what people and the application's state say.

Each module is one guard: whom the configuration protects, whose consent the credentials are, what has come in an account's
place, what goes on already, and which exports can't be believed.
"""
