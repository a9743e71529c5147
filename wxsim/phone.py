"""The phone page."""

from flask import Blueprint

blueprint = Blueprint("phone", __name__)
