"""The rules of the structure: who may import what, one module for each wrapped library."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {"kb": {"indexer", "web"}, "indexer": {"web"}, "web": {"indexer"}}
ONE_MODULE = {"whoosh": "kb/index/whoosh_part.py", "jieba": "kb/text/analysis.py"}
LONGEST = 400
FLOORS = (
    ("kb.text",),
    ("kb.index",),
    ("kb.search", "kb.repair"),
    ("kb.evaluate",),
    ("kb.ranking",),
    ("kb.knowledge",),
    ("kb.health",),
    ("kb.cli",),
)
"""Of kb, from the ground up: none imports from a floor above its own. Whatever isn't named is the ground:
the words of the field, the library, settings."""


def modules(package: str) -> Iterator[Path]:
    yield from sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Top-level names of all packages a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_packages_keep_to_their_side() -> None:
    for package, others in FORBIDDEN.items():
        for path in modules(package):
            assert not imports(path) & others, f"{path.relative_to(ROOT)} crosses over"


def floor(module: str) -> int:
    for number, names in enumerate(FLOORS, 1):
        if any(module == name or module.startswith(f"{name}.") for name in names):
            return number
    return 0


def imported(path: Path) -> Iterator[str]:
    """Modules of kb that a module imports, wherever in it, by their whole names."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("kb."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "kb":
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_floor_imports_from_one_above() -> None:
    for path in modules("kb"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for other in imported(path):
            assert floor(other) <= floor(name), f"{name} imports {other} from above"


def test_one_module_knows_each_engine() -> None:
    for library, only in ONE_MODULE.items():
        users = [
            path.relative_to(ROOT).as_posix()
            for package in FORBIDDEN
            for path in modules(package)
            if library in imports(path)
        ]
        assert users == [only]


def test_no_module_outgrows_its_noun() -> None:
    for package in FORBIDDEN:
        for path in modules(package):
            lines = len(path.read_text("utf-8").splitlines())
            assert lines <= LONGEST, f"{path.relative_to(ROOT)} has {lines} lines"


def test_every_module_says_what_it_is_for() -> None:
    for package in FORBIDDEN:
        for path in modules(package):
            assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path.relative_to(ROOT)


def test_whoosh_is_used_for_storage_alone() -> None:
    """Of 2.7.4 these are wrong, and nothing of ours may come near them: query.Require returns the
    complement, a filter is ignored inside a time-limited collector, NumericRange(None, 0) of an
    unsigned field matches everything, and its parser raises IndexError on `NOT OR foo`."""
    tree = ast.parse((ROOT / ONE_MODULE["whoosh"]).read_text("utf-8"))
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("whoosh"):
            used |= {f"{node.module}.{alias.name}" for alias in node.names}
    assert used == {
        "whoosh.fields",
        "whoosh.formats",
        "whoosh.index",
        "whoosh.codec.whoosh3.W3Codec",
        "whoosh.codec.whoosh3.W3FieldWriter",
        "whoosh.codec.whoosh3.W3LeafMatcher",
        "whoosh.codec.whoosh3.W3PostingsWriter",
        "whoosh.filedb.filestore.FileStorage",
        "whoosh.util.numeric.byte_to_length",
        "whoosh.util.numeric.length_to_byte",
    }


def test_one_module_compares_audiences() -> None:
    """Who may see what is said once, by `Audience.may_see`. The indexer is not asked here: it is what
    gives documents their audience."""
    for package in ("kb", "web"):
        for path in modules(package):
            if path.relative_to(ROOT).as_posix() == "kb/documents.py":
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                same = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
                if isinstance(node, ast.Compare) and isinstance(node.ops[0], same):
                    sides = [ast.unparse(n) for n in (node.left, *node.comparators)]
                    compared = [
                        s for s in sides if s.startswith("Audience.") or s.endswith("audience")
                    ]
                    assert not compared, (
                        f"{path.relative_to(ROOT)}:{node.lineno} compares {compared}"
                    )


def test_what_is_derived_does_not_ask_who_reads() -> None:
    """A view is of one audience: below it nothing takes one."""
    for name in (
        "search/engine",
        "search/collect",
        "search/suggest",
        "search/spelling",
        "search/vocabulary",
        "search/plan",
        "search/compose",
        "knowledge/alike",
    ):
        assert "udience" not in (ROOT / f"kb/{name}.py").read_text("utf-8"), name
    for path in modules("kb/ranking"):
        assert "Audience" not in path.read_text("utf-8"), path


PAGES = re.compile(r"/(law|doc|topic|guides)/")
"""What addresses of pages made from names begin with."""


def test_one_module_writes_addresses_of_pages() -> None:
    """Elsewhere they stand where the site says what it answers at, and nowhere else."""
    for package in ("kb", "web"):
        for path in modules(package):
            if path.relative_to(ROOT).as_posix() == "kb/addresses.py":
                continue
            tree = ast.parse(path.read_text("utf-8"))
            routes = {
                id(node.args[0])
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "Route"
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    written = PAGES.match(node.value) and id(node) not in routes
                    assert not written, f"{path.relative_to(ROOT)}:{node.lineno} {node.value}"
    for path in sorted((ROOT / "web").rglob("*.*")):
        if path.suffix in (".html", ".js", ".toml"):
            assert not PAGES.search(path.read_text("utf-8")), path.relative_to(ROOT)
