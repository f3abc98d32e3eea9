"""The desk finds orders by name, and by what was ordered, in indexes that hold little else."""

INDEXES = (
    'CREATE INDEX order_name ON "order" (name)',
    "CREATE INDEX orderline_title_sku_order_id ON order_line (title, sku, order_id)",
)


def up(migrator, db):
    for statement in INDEXES:
        db.execute_sql(statement)
