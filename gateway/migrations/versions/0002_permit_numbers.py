"""The number of a vehicle permit is shown at a gate too."""

import sqlalchemy as sa
from alembic import op

from registry.store.altering import one_of

revision = "0002"
down_revision = "0001"
_WAITING = sa.text("verdict = 'refer' AND settled_verdict IS NULL")


def upgrade() -> None:
    op.drop_index("entry_waiting", table_name="entry")
    with op.batch_alter_table("entry") as batch:
        batch.drop_constraint("credentialkind", type_="check")
        kinds = one_of("credential_kind", "plate", "card", "qr", "pin", "id_number", "permit")
        batch.create_check_constraint("credentialkind", kinds)
    op.create_index("entry_waiting", "entry", ["decided_at"], sqlite_where=_WAITING, postgresql_where=_WAITING)
