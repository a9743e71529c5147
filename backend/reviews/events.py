"""What happens to reviews."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReviewsChanged:
    """A review of this product appeared or disappeared."""

    product_id: str
