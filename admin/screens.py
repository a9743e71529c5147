"""The table of the console's screens: a new one is one line here, in the order in which the menu shows them."""

from admin.audit import AuditLog
from admin.home import Home
from admin.places import Dealers, Regions, Stores
from admin.profile import Profile
from admin.staff import Roles, StaffList

SCREENS = (
    # organisation
    StaffList,
    Roles,
    Stores,
    Dealers,
    Regions,
    # system
    AuditLog,
    Profile,
)
"""All but the front page."""

FRONT = Home
