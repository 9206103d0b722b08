"""The wire: arguments, errors, cursors and JSON in Dropbox's forms."""
