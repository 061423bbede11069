"""How the migrations of every room run: on the connection that `migrate` opened, in its transaction."""

from alembic import context


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=context.config.attributes["metadata"],
        render_as_batch=True,
    )
    context.run_migrations()
