-- Proofs of possession that have been used, for as long as they would serve.
CREATE TABLE dpop_proof (
    digest BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dpop_proof_expires ON dpop_proof (expires_at);
