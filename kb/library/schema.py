"""The library's tables in SQLAlchemy Core; `migrations` creates them.

A test compares the two. Dates and times are ISO text, which sorts chronologically.
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
"""hash: the current version; NULL only for a gone document whose text was pruned."""

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
"""version: hash of the version it was computed from; that text may have been pruned."""

comparisons = Table(
    "comparisons",
    metadata,
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("matched", Float, nullable=False),
    Column("altered", Float, nullable=False),
    Column("scheme", Text, nullable=False),
)
"""Compares two versions by hash, the smaller first."""

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
"""succeeded: when it was last scanned and not missing as a whole; empty if never."""

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
"""missing: consecutive runs that didn't find it. failing_since: start of the current failures.
retry_on: the day before which it isn't retried. Both are empty if it doesn't fail.
version: hash of the document version last read from it; empty if unknown."""

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("retry_at", Text, nullable=False),
)
"""password: as hashed by `kb.users`. failures: consecutive failed logins; retry_at: earliest retry."""

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
