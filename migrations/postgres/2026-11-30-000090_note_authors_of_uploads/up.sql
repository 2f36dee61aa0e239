-- Who has handed a file in. Those of before are nobody's, and go when their time is over.
ALTER TABLE upload ADD COLUMN author text NOT NULL DEFAULT '';
-- How much somebody has lying here is counted at each upload.
CREATE INDEX upload_author ON upload (owner_id, author, expires_at);
