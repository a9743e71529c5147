"""Imports every table once, so that migrations, worker and tests see the whole schema."""

from backend.aftersales import models as aftersales
from backend.books import models as books
from backend.carts import models as carts
from backend.catalog import models as catalog
from backend.exports import models as exports
from backend.fulfilment import models as fulfilment
from backend.imports import models as imports
from backend.infra import audit, marks, once, outbox, shop_rules
from backend.infra.db import Base
from backend.insights import models as insights
from backend.ledger import models as ledger
from backend.members import models as members
from backend.messages import models as messages
from backend.orders import models as orders
from backend.organisation import models as organisation
from backend.payments import models as payments
from backend.pickups import models as pickups
from backend.reviews import models as reviews
from backend.screenings import models as screenings
from backend.stock import models as stock
from backend.tickets import models as tickets
from backend.uploads import models as uploads

MODULES = (aftersales, audit, books, carts, catalog, exports, fulfilment, imports, insights, ledger, marks, members, messages,
           once, orders, organisation, outbox, payments, pickups, reviews, screenings, shop_rules, stock, tickets, uploads)
METADATA = Base.metadata
