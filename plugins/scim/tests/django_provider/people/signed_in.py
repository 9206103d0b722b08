"""Lets in who has the right name and password: signing in is the application's, ``django-scim2`` has none."""

import base64

from django.contrib.auth.models import AnonymousUser


class Known(AnonymousUser):
    is_authenticated = True


class BasicCredentials:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        wanted = "Basic " + base64.b64encode(b"reader:s3cr\xc3\xa9t").decode()
        request.user = Known() if request.headers.get("Authorization") == wanted else AnonymousUser()
        return self.get_response(request)
