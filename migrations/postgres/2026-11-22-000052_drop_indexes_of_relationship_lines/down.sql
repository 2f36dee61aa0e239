CREATE INDEX relationship_line_age ON relationship_line (told_at);
CREATE INDEX relationship_line_person ON relationship_line (batch_id, person_hash);
