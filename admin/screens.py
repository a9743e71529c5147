"""The table of the console's screens: a new one is one line here, in the order in which the menu shows them."""

from admin.aftersales import Aftersales
from admin.audit import AuditLog
from admin.batch import Counts, Prices
from admin.books import Books
from admin.catalogue import Categories, Goods
from admin.content import HomePage
from admin.evidence import Evidence
from admin.exports import Exports
from admin.hand_over import HandOver
from admin.home import Home
from admin.imports import Imports
from admin.jobs import Jobs
from admin.members import Members
from admin.messages import Messages
from admin.money import Bills, Exceptions, Payments, Refunds
from admin.orders import Orders
from admin.pickup_points import PickupPoints
from admin.pictures import Pictures
from admin.places import Dealers, Regions, Stores
from admin.profile import Profile
from admin.reviews import Reviews
from admin.settings import ShopSettings
from admin.shipping import BatchShip, StuckUploads
from admin.staff import Roles, StaffList
from admin.stock import Stock
from admin.tickets import Tickets

SCREENS = (
    # goods
    Goods,
    Stock,
    Categories,
    HomePage,
    Prices,
    Counts,
    Pictures,
    Imports,
    # orders
    Orders,
    BatchShip,
    StuckUploads,
    HandOver,
    PickupPoints,
    # after the sale
    Aftersales,
    Tickets,
    Reviews,
    # members
    Members,
    # money
    Payments,
    Refunds,
    Bills,
    Exceptions,
    Books,
    # organisation
    StaffList,
    Roles,
    Stores,
    Dealers,
    Regions,
    # system
    Jobs,
    Messages,
    ShopSettings,
    Exports,
    AuditLog,
    Evidence,
    Profile,
)
"""All but the front page."""

FRONT = Home
