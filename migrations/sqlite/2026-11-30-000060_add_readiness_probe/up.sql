-- Written to see whether the database takes writes.
CREATE TABLE readiness_probe (
    id BLOB NOT NULL PRIMARY KEY,
    filler TEXT NOT NULL
) WITHOUT ROWID;
