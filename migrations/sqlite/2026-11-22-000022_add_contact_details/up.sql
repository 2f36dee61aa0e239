-- How the owner can be reached, as the owner has said. Sealed, and gone with the consent. Where nothing is known there is no
-- row.
CREATE TABLE contact_details (
    mailbox_id BLOB NOT NULL PRIMARY KEY,
    email BLOB,
    mobile BLOB,
    changed_at BIGINT NOT NULL
) WITHOUT ROWID;
