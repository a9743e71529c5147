"""Which statements write."""

import re

_WRITE = re.compile(r"(?<!for )\b(?:insert into|update|delete from) \w+", re.IGNORECASE)


def written(statement: str) -> str:
    """The first write in a statement: `INSERT INTO orders`; "" of one that only reads. A write may stand behind `with`, and `for
    update` is a lock."""
    words = " ".join(statement.split())
    if not words.lower().startswith(("insert ", "update ", "delete ", "with ")):
        return ""
    found = _WRITE.search(words)
    return found[0] if found else ""
