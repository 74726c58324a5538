"""The library's tables as SQLAlchemy Core sees them; `migrations` creates them.

A test compares the two. Dates and times are ISO text, which sorts as it should.
"""

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

versions = Table(
    "versions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("document_id", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("created", Text, nullable=False),
)
"""Immutable. payload: zlib of the document's canonical JSON; hash: SHA-256 of that JSON."""

documents = Table(
    "documents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", Text, ForeignKey("versions.hash")),
    Column("work", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("first_seen", Text, nullable=False),
    Column("updated", Text, nullable=False),
    Column("gone", Integer, nullable=False),
)
"""hash: the current version; NULL only for a document that is gone and whose text was pruned."""

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column("version", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("titled", Text, nullable=False),
    Column("length", Integer, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
"""version: the hash of the version it was made of; the text itself may be pruned since."""

comparisons = Table(
    "comparisons",
    metadata,
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("matched", Float, nullable=False),
    Column("altered", Float, nullable=False),
    Column("scheme", Text, nullable=False),
)
"""Of two versions by their hashes, the lesser first."""

sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("config_hash", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("as_of", Text),
    Column("succeeded", Text, nullable=False),
)
"""succeeded: when it was last looked through without being missing as a whole; empty if never."""

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("command", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("finished", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("report", Text, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", Integer, ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("mtime_ns", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("document_id", Text, ForeignKey("documents.id")),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("first_seen", Text, nullable=False),
    Column("last_seen", Text, nullable=False),
    Column("run_id", Integer, ForeignKey("runs.id", ondelete="SET NULL")),
    Column("missing", Integer, nullable=False),
    Column("failing_since", Text, nullable=False),
    Column("retry_on", Text, nullable=False),
    Column("version", Text, nullable=False),
    UniqueConstraint("source_id", "path"),
)
"""missing: runs in a row that didn't find it. failing_since: time of the first of its failures in a
row. retry_on: the day before which it isn't tried again. Both are empty for what doesn't fail.
version: the hash of its document as last read from it; empty if that isn't known."""

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("retry_at", Text, nullable=False),
)
"""password: as `kb.users` hashes it. failures: failed logins in a row; retry_at: not before."""

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user", Text, ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    Column("created", Text, nullable=False),
    Column("expires", Text, nullable=False),
)

fetches = Table(
    "fetches",
    metadata,
    Column("source_id", Integer, ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("final", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("changed_ns", Integer, nullable=False),
    Column("fetched", Text, nullable=False),
    Column("checked", Text, nullable=False),
    Column("links", Text, nullable=False),
    Column("parent", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("retry_at", Text, nullable=False),
)
"""See `records.Fetch`. links, facts: JSON."""
