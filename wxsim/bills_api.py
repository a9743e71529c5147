"""The bill calls."""

from flask import Blueprint

blueprint = Blueprint("bills", __name__)
