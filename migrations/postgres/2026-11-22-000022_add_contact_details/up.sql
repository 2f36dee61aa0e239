-- How the owner can be reached, as the owner has said. Sealed, and gone with the consent. Where nothing is known there is no
-- row.
CREATE TABLE contact_details (
    mailbox_id uuid NOT NULL PRIMARY KEY,
    email bytea,
    mobile bytea,
    changed_at timestamptz NOT NULL
);
