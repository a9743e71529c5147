"""The web application: the bare app with its doors. Started by name only (`wsgi:application`); nothing imports it."""

import gc

from werkzeug.middleware.proxy_fix import ProxyFix

import admin
import miniprogram_api
from backend.app import create_app, runtime

application = create_app()
miniprogram_api.register(application)
admin.register(application)

proxies = runtime(application).settings.trusted_proxies
if proxies:
    application.wsgi_app = ProxyFix(application.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0, x_prefix=0)  # type: ignore[method-assign]

# Servers load this once and fork: what lives for ever is counted once and never looked at again, so its pages stay shared.
gc.collect()
gc.freeze()
