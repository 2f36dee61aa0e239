DROP INDEX CONCURRENTLY audit_entry_operator;
