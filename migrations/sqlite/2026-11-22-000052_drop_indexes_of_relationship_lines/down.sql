CREATE INDEX relationship_line_age ON relationship_line (told_at);
