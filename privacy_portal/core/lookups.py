"""``field__among=values``: what ``in`` finds, with one parameter however many values there are.

``in`` sends a placeholder for each value, and taking thousands of them apart costs more than the query itself.
"""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler


@models.ForeignObject.register_lookup
@models.Field.register_lookup
class Among(models.Lookup):
    """Values of the field's own type; none of them may be an expression. No values find nothing."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        """The values as the field writes them."""
        field = self.lhs.output_field
        return [field.get_prep_value(value) for value in self.rhs]

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """PostgreSQL's own form of ``in``. The cast is for no values; it has no length, or longer ones were cut off."""
        lhs, params = self.process_lhs(compiler, connection)
        field = self.lhs.output_field
        if isinstance(field, models.BinaryField):
            # As text: psycopg takes ten times as long to escape bytes within a list.
            values = [f"\\x{bytes(value).hex()}" for value in self.rhs]
        else:
            values = [field.get_db_prep_value(value, connection, prepared=True) for value in self.rhs]
        kind = field.db_type(connection).partition("(")[0]
        return f"{lhs} = ANY(%s::{kind}[])", (*params, values)
