"""What a database knows of its tables when it plans how to read them."""

from registry.store.opening import Store


def count_anew(store: Store) -> None:
    """Have the database count what its tables hold, after many rows came at once: it plans by that from then on.

    Without it SQLite sorts all people of the city to show the newest fifty (20 ms instead of 1), and PostgreSQL plans
    as for empty tables until it counts by itself a minute later.
    """
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
