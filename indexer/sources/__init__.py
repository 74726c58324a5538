"""Sources: what there is to read, and what changed since last time."""

from indexer.sources.scan import Fault, File, Scan, Unit, scan
from indexer.sources.select import Source, apart, configured, select

__all__ = ["Fault", "File", "Scan", "Source", "Unit", "apart", "configured", "scan", "select"]
