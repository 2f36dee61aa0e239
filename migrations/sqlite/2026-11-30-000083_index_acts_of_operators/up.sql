-- What operators have done, newest first, whatever it was done to.
CREATE INDEX audit_entry_operator ON audit_entry (id) WHERE actor_kind = 'operator';
