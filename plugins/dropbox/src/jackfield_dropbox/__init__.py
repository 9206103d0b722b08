"""Jackfield's connector for Dropbox Business teams."""
