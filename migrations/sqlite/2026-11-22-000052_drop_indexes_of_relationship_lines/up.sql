-- The old ones are looked for once in a while, in a table that is mostly empty. SQLite has no join by hashing, so the index on the
-- person stays.
DROP INDEX relationship_line_age;
