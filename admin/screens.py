"""The table of the console's screens: a new one is one line here, in the order in which the menu shows them."""

from admin.audit import AuditLog
from admin.home import Home
from admin.profile import Profile
from admin.staff import StaffList

SCREENS = (
    # system
    StaffList,
    AuditLog,
    Profile,
)
"""All but the front page."""

FRONT = Home
