"""Runs ``django-scim2``, a SCIM server by others, in a process of its own: FOLDER is where its database lies.

Prints its address once it listens, and ends when its standard input does.
"""

import sys
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings

HERE = Path(__file__).parent
FOLDER = Path(sys.argv[1])

sys.path.insert(0, str(HERE))
settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="of the tests",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(FOLDER / "people.sqlite"),
            "OPTIONS": {"timeout": 20},
        }
    },
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_scim", "people"],
    MIDDLEWARE=["people.signed_in.BasicCredentials"],
    AUTH_USER_MODEL="people.User",
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    ROOT_URLCONF="people.urls",
    USE_TZ=True,
    SCIM_SERVICE_PROVIDER={
        "GROUP_MODEL": "people.models.Group",
        "NETLOC": "127.0.0.1",
        "SCHEME": "http",
        "AUTHENTICATION_SCHEMES": [{"type": "httpbasic", "name": "Basic", "description": "", "primary": True}],
    },
)
django.setup()


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format, *args):
        pass


def main():
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    call_command("migrate", run_syncdb=True, verbosity=0)
    with make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Server, handler_class=Quiet) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        print(f"http://127.0.0.1:{server.server_port}/scim/v2", flush=True)
        sys.stdin.read()
        server.shutdown()


main()
