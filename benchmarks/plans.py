"""What PostgreSQL would read for the statements of a page, from its plans."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from .data import TABLES

# As large as the operator's business; others, such as the registers, are best read whole.
LARGE = frozenset({*TABLES, "core_auditentry", "core_outgoingmail", "core_user"})


def sequential_scans(call: Callable[[], Any]) -> list[str]:
    """Large tables that a statement of `call` reads from end to end."""
    from django.db import connection

    asked: list[tuple[str, Any]] = []

    def noted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not many and sql.lstrip("(").startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(noted):
        call()
    found = []
    with connection.cursor() as cursor:
        for sql, params in asked:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            plan = cursor.fetchone()[0]
            for node in _nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]):
                if node["Node Type"].endswith("Seq Scan") and node.get("Relation Name") in LARGE:
                    found.append(node["Relation Name"])
    return found


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", []):
        yield from _nodes(inner)
