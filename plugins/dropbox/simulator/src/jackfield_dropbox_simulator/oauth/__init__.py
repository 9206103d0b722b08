"""OAuth as Dropbox does it: consent, codes, PKCE, access and refresh tokens."""
