-- Written to see whether the database takes writes.
CREATE TABLE probe (
    id BLOB NOT NULL PRIMARY KEY,
    filler TEXT NOT NULL
) WITHOUT ROWID;
