DROP INDEX audit_entry_operator;
