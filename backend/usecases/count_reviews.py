"""Count the reviews of a product: how many have how many stars, how many have pictures."""

from backend.context import Context
from backend.infra.uow import transaction
from backend.reviews import store as reviews


def count_reviews(ctx: Context, *, product_id: str) -> None:
    """Count the shown reviews anew. Converges: it may run late, twice or beside itself."""
    with transaction(ctx, last=True) as tx:
        reviews.recount(tx, product_id)
