-- Who receives a service, as its own system has told (CON-16). The person is found by the keyed hash, and need not be
-- known here. responsible_id: the member who follows up (DH-7).
CREATE TABLE relationship (
    service_id BLOB NOT NULL,
    person_hash BLOB NOT NULL,
    told_at BIGINT NOT NULL,
    active_from BIGINT NOT NULL,
    closed_at BIGINT,
    responsible_id BLOB,
    PRIMARY KEY (service_id, person_hash)
) WITHOUT ROWID;
CREATE INDEX relationship_person ON relationship (person_hash);
CREATE INDEX relationship_responsible ON relationship (responsible_id, person_hash);

-- A batch on its way in: it counts when all of it is here.
CREATE TABLE relationship_line (
    batch_id BLOB NOT NULL,
    line INTEGER NOT NULL,
    person_hash BLOB NOT NULL,
    is_closed BOOLEAN NOT NULL,
    responsible_id BLOB,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (batch_id, line)
) WITHOUT ROWID;
CREATE INDEX relationship_line_person ON relationship_line (batch_id, person_hash);
CREATE INDEX relationship_line_age ON relationship_line (told_at);
