"""What runs plugins: finding them, opening a connection, and the account that it reaches."""
