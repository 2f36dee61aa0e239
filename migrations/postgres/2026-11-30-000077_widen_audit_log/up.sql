-- Which system, run by whom, and which health worker (RET-11).
ALTER TABLE audit_entry ADD COLUMN actor_client text;
ALTER TABLE audit_entry ADD COLUMN actor_supplier text;
ALTER TABLE audit_entry ADD COLUMN actor_hpr_number text;
-- How often on one day, and when last, where it is counted.
ALTER TABLE audit_entry ADD COLUMN count integer NOT NULL DEFAULT 1;
ALTER TABLE audit_entry ADD COLUMN last_at timestamptz;
-- What the staff and systems of an organisation did, for its own control, and what one of its staff did.
CREATE INDEX audit_entry_organisation ON audit_entry (actor_organisation, at, id)
    WHERE actor_organisation IS NOT NULL;
CREATE INDEX audit_entry_person ON audit_entry (actor_organisation, actor_person, at, id)
    WHERE actor_organisation IS NOT NULL AND actor_person IS NOT NULL;
