-- Proofs of possession that have been used, for as long as they would serve. Unlogged: what a crash of the server takes away has
-- served its time when the server is back.
CREATE UNLOGGED TABLE dpop_proof (
    digest bytea NOT NULL PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX dpop_proof_expires ON dpop_proof (expires_at);
