"""Jackfield connector for SCIM 2.0 service providers; ``plugin`` is its table of contents."""
