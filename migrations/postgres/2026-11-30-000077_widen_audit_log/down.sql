DROP INDEX audit_entry_person;
DROP INDEX audit_entry_organisation;
ALTER TABLE audit_entry DROP COLUMN last_at;
ALTER TABLE audit_entry DROP COLUMN count;
ALTER TABLE audit_entry DROP COLUMN actor_hpr_number;
ALTER TABLE audit_entry DROP COLUMN actor_supplier;
ALTER TABLE audit_entry DROP COLUMN actor_client;
