"""Jackfield's connector for applications that can only export spreadsheets."""
