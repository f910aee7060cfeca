"""The tables of the SQLite target, as the statements that make them.

Knows nothing else. Objects, vectors and `refs` are written in the order of their rows; `ids` and
`referrers` are looked up by what comes in no order, and are filled late: see `sqlite_index`.
"""

# AUTOINCREMENT: a dropped class's number never comes back, so (number, version) names one
# state of one class for ever; caches rely on it. Row numbers never come back either: who deletes
# objects behind our back leaves references to them, which must never be another's.
# Vectors stand apart: with them a row would fill half a page and waste the other half.
# The triggers keep the look-up tables right, whoever deletes; no load ever fires them.
TABLES = (
    """CREATE TABLE IF NOT EXISTS classes(
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        pipeline TEXT NOT NULL,
        definition TEXT NOT NULL,
        dimension INTEGER,
        version INTEGER NOT NULL DEFAULT 0,
        taken INTEGER NOT NULL DEFAULT 0,
        indexed INTEGER NOT NULL DEFAULT 0
    )""",
    """CREATE TABLE IF NOT EXISTS objects(
        row INTEGER PRIMARY KEY,
        class INTEGER NOT NULL,
        id BLOB NOT NULL,
        uri TEXT NOT NULL,
        label TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        properties TEXT NOT NULL
    )""",
    "CREATE TABLE IF NOT EXISTS vectors(row INTEGER PRIMARY KEY, vector BLOB NOT NULL)",
    """CREATE TABLE IF NOT EXISTS reference_names(
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    )""",
    """CREATE TABLE IF NOT EXISTS refs(
        source INTEGER NOT NULL,
        property INTEGER NOT NULL,
        target INTEGER NOT NULL,
        PRIMARY KEY(source, property, target)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS ids(
        class INTEGER NOT NULL,
        id BLOB NOT NULL,
        row INTEGER NOT NULL,
        PRIMARY KEY(class, id)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS referrers(
        target INTEGER NOT NULL,
        property INTEGER NOT NULL,
        source INTEGER NOT NULL,
        PRIMARY KEY(target, property, source)
    ) WITHOUT ROWID""",
    """CREATE TRIGGER IF NOT EXISTS objects_take_along AFTER DELETE ON objects BEGIN
        DELETE FROM ids WHERE class = OLD.class AND id = OLD.id;
        DELETE FROM vectors WHERE row = OLD.row;
        UPDATE classes SET version = version + 1 WHERE number = OLD.class;
    END""",
    """CREATE TRIGGER IF NOT EXISTS refs_take_along AFTER DELETE ON refs BEGIN
        DELETE FROM referrers
        WHERE target = OLD.target AND property = OLD.property AND source = OLD.source;
    END""",
)
