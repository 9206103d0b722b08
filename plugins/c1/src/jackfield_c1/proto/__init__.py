"""Messages of the platform: the texts, and the modules that are compiled from them; a test holds the two together."""
