"""The web application: the bare app with both doors. Servers and commands start it by name; nothing imports it."""

from backend.app import create_app
from miniprogram_api import register

application = create_app()
register(application)
