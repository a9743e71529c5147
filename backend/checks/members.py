"""Members: one default address at most, and no personal field in clear (I51)."""

from backend.checks.check import Check
from backend.infra.db import Encrypted
from backend.tables import METADATA

SHORTEST = 41
"""`k1.` and base64 of nonce and tag: no encrypted value is shorter."""


def _in_clear() -> str:
    parts = []
    for table in METADATA.sorted_tables:
        key = " || '/' || ".join(f"cast({column.name} as varchar)" for column in table.primary_key.columns)
        parts += [f"select '{table.name}.{column.name}' as column_name, {key} as id, length({column.name}) as found, "
                  f"'an encrypted value' as expected from {table.name} where {column.name} is not null and "
                  f"(length({column.name}) < {SHORTEST} or {column.name} not like '_%.%' or {column.name} like '%{{%')"
                  for column in table.c if isinstance(column.type, Encrypted)]
    return " union all ".join(parts)


CHECKS = (
    Check("I51.encrypted", "个人信息已加密", "Personal fields are encrypted", _in_clear(),
          "Encrypt the field by saving it through its use case; find what wrote it in clear."),
    Check("I56.default-address", "最多一个默认地址", "A member has at most one default address", """
        select a.member_id, count(*) as found, 1 as expected from addresses a
        where a.is_default and a.deleted_at is null group by a.member_id having count(*) > 1""",
          "Let the member choose the default address anew."),
)
