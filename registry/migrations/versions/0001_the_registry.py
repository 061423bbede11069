"""The registry as it begins: sites, devices, people and what they carry, users, pictures, audit and outbox."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn, PositionColumn

revision = "0001"
down_revision = None


def upgrade() -> None:  # noqa: PLR0915 - a statement for each table and index
    op.create_table(
        "audit",
        sa.Column("position", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("at", InstantColumn(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("personal", sa.Text(), nullable=True),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit")),
        sa.UniqueConstraint("digest", name=op.f("uq_audit_digest")),
        sa.UniqueConstraint("previous", name=op.f("uq_audit_previous")),
    )
    op.create_index(op.f("ix_audit_site"), "audit", ["site"], unique=False)
    op.create_table(
        "denied_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("plate", "card", name="denykind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("everywhere", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("valid_until", InstantColumn(timezone=True), nullable=True),
        sa.Column("listed_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("taken_off_at", InstantColumn(timezone=True), nullable=True),
        sa.CheckConstraint("words <> ''", name=op.f("ck_denied_key_words")),
        sa.CheckConstraint("valid_until IS NULL OR valid_until > listed_at", name=op.f("ck_denied_key_period")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= '2000-01-01 00:00:00+00' AND valid_until < '2200-01-01 00:00:00+00'",
            name=op.f("ck_denied_key_years"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_denied_key")),
    )
    op.create_index(
        "ix_denied_key_in_force",
        "denied_key",
        ["kind", "key"],
        unique=False,
        sqlite_where=sa.text("taken_off_at IS NULL"),
        postgresql_where=sa.text("taken_off_at IS NULL"),
    )
    op.create_table(
        "feed_counter",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("register_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("register_version <= version", name=op.f("ck_feed_counter_register_not_ahead")),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_feed_counter")),
    )
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("retention", sa.String(length=20), nullable=False),
        sa.Column("content_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", InstantColumn(timezone=True), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_media_media_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("sha256", "site", name=op.f("uq_media_sha256_site")),
    )
    op.create_index("media_retention_at", "media", ["retention", "at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("position", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=300), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("retain", sa.Boolean(), nullable=False),
        sa.Column("refused", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_outbox")),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("outline", sa.JSON(), nullable=False),
        sa.Column("buildings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("name_zh", name=op.f("uq_unit_name_zh")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("created_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("disabled_at", InstantColumn(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "wrong_tries",
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", InstantColumn(timezone=True), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_wrong_tries_wrong_tries_count")),
        sa.PrimaryKeyConstraint("who", name=op.f("pk_wrong_tries")),
    )
    op.create_table(
        "area",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column(
            "passback_people",
            sa.Enum("off", "soft", "hard", name="passback", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column(
            "passback_vehicles",
            sa.Enum(
                "off", "soft", "hard", name="passback_vehicles", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_area_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint("id", "site", name=op.f("uq_area_id_site")),
    )
    op.create_index(op.f("ix_area_site"), "area", ["site"], unique=False)
    op.create_table(
        "denied_site",
        sa.Column("denied_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["denied_id"], ["denied_key.id"], name=op.f("fk_denied_site_denied_id")),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_denied_site_site")),
        sa.PrimaryKeyConstraint("denied_id", "site", name=op.f("pk_denied_site")),
    )
    op.create_index(op.f("ix_denied_site_site"), "denied_site", ["site"], unique=False)
    op.create_table(
        "device",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "camera",
                "beam",
                "patrol",
                "gate",
                "door",
                "vehicle",
                "panic",
                "fire",
                "env",
                "counter",
                "gw",
                name="deviceclass",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("secret_hash", sa.String(length=72), nullable=False),
        sa.Column("secret_generation", sa.Integer(), nullable=False),
        sa.Column("foreign_prefixes", sa.JSON(), nullable=False),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind = 'camera' OR source IS NULL", name=op.f("ck_device_only_cameras_have_a_source")),
        sa.CheckConstraint("(x IS NULL) = (y IS NULL)", name=op.f("ck_device_place_whole")),
        sa.CheckConstraint("secret_generation > 0", name=op.f("ck_device_secret_generation")),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_device_site")),
        sa.PrimaryKeyConstraint("site", "kind", "name", name=op.f("pk_device")),
    )
    op.create_table(
        "feed_change",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "site",
                "gate",
                "device",
                "zone",
                "person",
                "permit",
                "card",
                "qr",
                "deny",
                "many",
                name="changekind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["feed_counter.site"], name=op.f("fk_feed_change_site")),
        sa.PrimaryKeyConstraint("site", "version", name=op.f("pk_feed_change")),
    )
    op.create_table(
        "gate",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.CheckConstraint("(x IS NULL) = (y IS NULL)", name=op.f("ck_gate_place_whole")),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_gate_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate")),
        sa.UniqueConstraint("id", "site", name=op.f("uq_gate_id_site")),
    )
    op.create_index(op.f("ix_gate_site"), "gate", ["site"], unique=False)
    op.create_table(
        "grants",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_grants_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "role", "site", name=op.f("pk_grants")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "staff",
                "resident",
                "tenant",
                "contractor",
                "temporary",
                name="personkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("id_number_sealed", sa.LargeBinary(length=64), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(length=32), nullable=True),
        sa.Column("photo", sa.Uuid(), nullable=True),
        sa.Column("created_at", InstantColumn(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_person_named")),
        sa.CheckConstraint(
            "(id_number_sealed IS NULL) = (id_number_index IS NULL)", name=op.f("ck_person_id_number_whole")
        ),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_person_site")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_person_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("id_number_index", name=op.f("uq_person_id_number_index")),
    )
    op.create_index(op.f("ix_person_name"), "person", ["name"], unique=False)
    op.create_index(op.f("ix_person_phone"), "person", ["phone"], unique=False)
    op.create_index(op.f("ix_person_site"), "person", ["site"], unique=False)
    op.create_index(op.f("ix_person_unit_id"), "person", ["unit_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("seen_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("ends_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("ended_at", InstantColumn(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_ends_at"), "sessions", ["ends_at"], unique=False)
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("revoked_at", InstantColumn(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_tokens_owner_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index(op.f("ix_tokens_owner_id"), "tokens", ["owner_id"], unique=False)
    op.create_table(
        "zone",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "perimeter", "interior", "24h", name="zonekind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("armed", sa.Boolean(), nullable=False),
        sa.Column("outline", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind <> '24h' OR armed", name=op.f("ck_zone_always_armed")),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_zone_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone")),
        sa.UniqueConstraint("id", "site", name=op.f("uq_zone_id_site")),
    )
    op.create_index(op.f("ix_zone_site"), "zone", ["site"], unique=False)
    op.create_table(
        "card",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("valid_from", InstantColumn(timezone=True), nullable=False),
        sa.Column("valid_until", InstantColumn(timezone=True), nullable=False),
        sa.Column("all_gates", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "suspended",
                "revoked",
                "reported_lost",
                name="credentialstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sa.String(length=200), nullable=True),
        sa.Column("status_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("issued_at", InstantColumn(timezone=True), nullable=False),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_card_period")),
        sa.CheckConstraint(
            "valid_from >= '2000-01-01 00:00:00+00' AND valid_from < '2200-01-01 00:00:00+00' AND "
            "valid_until >= '2000-01-01 00:00:00+00' AND valid_until < '2200-01-01 00:00:00+00'",
            name=op.f("ck_card_years"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_card_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
    )
    op.create_index(op.f("ix_card_number"), "card", ["number"], unique=False)
    op.create_index(op.f("ix_card_person_id"), "card", ["person_id"], unique=False)
    op.create_index(op.f("ix_card_status"), "card", ["status"], unique=False)
    op.create_index(op.f("ix_card_valid_until"), "card", ["valid_until"], unique=False)
    op.create_index(
        "uq_card_number",
        "card",
        ["number"],
        unique=True,
        sqlite_where=sa.text("status <> 'revoked'"),
        postgresql_where=sa.text("status <> 'revoked'"),
    )
    op.create_table(
        "lane",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "direction",
            sa.Enum("in", "out", name="direction", native_enum=False, create_constraint=True, length=24),
            nullable=True,
        ),
        sa.Column("from_area", sa.String(length=40), nullable=False),
        sa.Column("to_area", sa.String(length=40), nullable=False),
        sa.Column("manned", sa.Boolean(), nullable=False),
        sa.CheckConstraint("from_area <> to_area", name=op.f("ck_lane_leads_somewhere")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_lane_position")),
        sa.ForeignKeyConstraint(["from_area", "site"], ["area.id", "area.site"], name=op.f("fk_lane_from_area_site")),
        sa.ForeignKeyConstraint(["gate", "site"], ["gate.id", "gate.site"], name=op.f("fk_lane_gate_site")),
        sa.ForeignKeyConstraint(["to_area", "site"], ["area.id", "area.site"], name=op.f("fk_lane_to_area_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane")),
        sa.UniqueConstraint("gate", "position", name=op.f("uq_lane_gate_position")),
    )
    op.create_index(op.f("ix_lane_gate"), "lane", ["gate"], unique=False)
    op.create_table(
        "qr_pass",
        sa.Column("valid_from", InstantColumn(timezone=True), nullable=False),
        sa.Column("valid_until", InstantColumn(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "suspended",
                "revoked",
                "reported_lost",
                name="credentialstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sa.String(length=200), nullable=True),
        sa.Column("status_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("issued_at", InstantColumn(timezone=True), nullable=False),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_qr_pass_period")),
        sa.CheckConstraint(
            "valid_from >= '2000-01-01 00:00:00+00' AND valid_from < '2106-01-01 00:00:00+00' AND "
            "valid_until >= '2000-01-01 00:00:00+00' AND valid_until < '2106-01-01 00:00:00+00'",
            name=op.f("ck_qr_pass_years"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_qr_pass_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qr_pass")),
    )
    op.create_index(op.f("ix_qr_pass_person_id"), "qr_pass", ["person_id"], unique=False)
    op.create_index(op.f("ix_qr_pass_status"), "qr_pass", ["status"], unique=False)
    op.create_index(op.f("ix_qr_pass_valid_until"), "qr_pass", ["valid_until"], unique=False)
    op.create_table(
        "token_grants",
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name=op.f("fk_token_grants_token_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_id", "role", "site", name=op.f("pk_token_grants")),
    )
    op.create_table(
        "vehicle_permit",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("plate", sa.String(length=12), nullable=False),
        sa.Column(
            "plate_kind",
            sa.Enum(
                "nev_small",
                "nev_large",
                "emergency",
                "police",
                "trailer",
                "coach",
                "consulate",
                "hong_kong_macao",
                "embassy",
                "airport",
                "armed_police",
                "army",
                "farm",
                "civil",
                name="platekind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "permit_class",
            sa.Enum(
                "official",
                "private",
                "business",
                "temporary",
                name="permitclass",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "suspended",
                "revoked",
                "reported_lost",
                name="credentialstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sa.String(length=200), nullable=True),
        sa.Column("status_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("issued_at", InstantColumn(timezone=True), nullable=False),
        sa.CheckConstraint("serial > 0", name=op.f("ck_vehicle_permit_serial")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2199", name=op.f("ck_vehicle_permit_year")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_vehicle_permit_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_vehicle_permit_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle_permit")),
        sa.UniqueConstraint("year", "serial", name=op.f("uq_vehicle_permit_year_serial")),
    )
    op.create_index(op.f("ix_vehicle_permit_person_id"), "vehicle_permit", ["person_id"], unique=False)
    op.create_index(op.f("ix_vehicle_permit_plate"), "vehicle_permit", ["plate"], unique=False)
    op.create_index(op.f("ix_vehicle_permit_status"), "vehicle_permit", ["status"], unique=False)
    op.create_index(op.f("ix_vehicle_permit_unit_id"), "vehicle_permit", ["unit_id"], unique=False)
    op.create_index(
        "uq_vehicle_permit_plate_year",
        "vehicle_permit",
        ["plate", "year"],
        unique=True,
        sqlite_where=sa.text("status <> 'revoked'"),
        postgresql_where=sa.text("status <> 'revoked'"),
    )
    op.create_table(
        "zone_member",
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "camera",
                "beam",
                "patrol",
                "gate",
                "door",
                "vehicle",
                "panic",
                "fire",
                "env",
                "counter",
                "gw",
                name="deviceclass",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["site", "kind", "name"],
            ["device.site", "device.kind", "device.name"],
            name=op.f("fk_zone_member_site_kind_name"),
        ),
        sa.ForeignKeyConstraint(["zone", "site"], ["zone.id", "zone.site"], name=op.f("fk_zone_member_zone_site")),
        sa.PrimaryKeyConstraint("zone", "kind", "name", "region", name=op.f("pk_zone_member")),
    )
    op.create_table(
        "zone_neighbour",
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("neighbour", sa.String(length=40), nullable=False),
        sa.CheckConstraint("zone < neighbour", name=op.f("ck_zone_neighbour_ordered")),
        sa.ForeignKeyConstraint(["neighbour"], ["zone.id"], name=op.f("fk_zone_neighbour_neighbour")),
        sa.ForeignKeyConstraint(["zone"], ["zone.id"], name=op.f("fk_zone_neighbour_zone")),
        sa.PrimaryKeyConstraint("zone", "neighbour", name=op.f("pk_zone_neighbour")),
    )
    op.create_table(
        "card_gate",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_gate_card_id")),
        sa.ForeignKeyConstraint(["gate"], ["gate.id"], name=op.f("fk_card_gate_gate")),
        sa.PrimaryKeyConstraint("card_id", "gate", name=op.f("pk_card_gate")),
    )
    op.create_table(
        "card_site",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_site_card_id")),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_card_site_site")),
        sa.PrimaryKeyConstraint("card_id", "site", name=op.f("pk_card_site")),
    )
    op.create_index(op.f("ix_card_site_site"), "card_site", ["site"], unique=False)
    op.create_table(
        "permit_site",
        sa.Column("permit_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["permit_id"], ["vehicle_permit.id"], name=op.f("fk_permit_site_permit_id")),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_permit_site_site")),
        sa.PrimaryKeyConstraint("permit_id", "site", name=op.f("pk_permit_site")),
    )
    op.create_index(op.f("ix_permit_site_site"), "permit_site", ["site"], unique=False)
    op.create_table(
        "qr_pass_site",
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["pass_id"], ["qr_pass.id"], name=op.f("fk_qr_pass_site_pass_id")),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_qr_pass_site_site")),
        sa.PrimaryKeyConstraint("pass_id", "site", name=op.f("pk_qr_pass_site")),
    )
    op.create_index(op.f("ix_qr_pass_site_site"), "qr_pass_site", ["site"], unique=False)
    # ### end Alembic commands ###
