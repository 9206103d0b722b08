"""An application of Django's whose users and groups ``django-scim2`` serves."""
