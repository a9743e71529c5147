"""The catalogue: what lists show of a product is what its SKUs say."""

from backend.checks.check import Check

EDIT = "Save the product once more (or change any of its prices): its sums are written anew."

CHECKS = (
    Check("I14.roll-up", "商品价格等于在售规格的最低价", "A product shows the price and number of its active SKUs", """
        select p.id as product_id,
               p.sku_count || ' SKUs from ' || p.price_fen || ', sole ' || coalesce(p.sole_sku_id, '–') as found,
               coalesce(s.n, 0) || ' SKUs from ' || coalesce(s.lowest, p.price_fen) || ', sole ' ||
               case when s.n = 1 then s.one else '–' end as expected
        from products p left join (select product_id, count(*) as n, min(price_fen) as lowest, min(id) as one from skus
                                   where active group by product_id) s on s.product_id = p.id
        where p.sku_count <> coalesce(s.n, 0) or (s.n is not null and p.price_fen <> s.lowest)
           or coalesce(p.sole_sku_id, '') <> case when s.n = 1 then s.one else '' end""", EDIT),
    Check("I27.sold", "销量等于成交之和", "Units sold are the sum of what was dealt", """
        select p.id as product_id, p.sold as found, coalesce(d.n, 0) as expected
        from products p left join (select s.product_id, sum(d.quantity) as n
                                   from deal_days d join skus s on s.id = d.sku_id group by s.product_id) d
             on d.product_id = p.id
        where p.sold <> coalesce(d.n, 0)""", "Run the count of deals again: it writes what is right."),
    Check("I08.categories", "分类最多两级", "Categories have two levels", """
        select c.id as category_id, p.parent_id as found, 'a parent on the first level' as expected
        from categories c join categories p on p.id = c.parent_id where p.parent_id is not null""",
        "Move the category to the first or second level."),
)
