-- Written to see whether the database takes writes. Each row fills its page up, so that the next one needs another: a full
-- disk shows.
CREATE TABLE readiness_probe (
    id uuid NOT NULL PRIMARY KEY,
    filler text NOT NULL
) WITH (fillfactor = 10);
