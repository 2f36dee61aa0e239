-- Who receives a service, as its own system has told (CON-16). The person is found by the keyed hash, and need not be
-- known here. responsible_id: the member who follows up (DH-7).
CREATE TABLE relationship (
    service_id uuid NOT NULL,
    person_hash bytea NOT NULL,
    told_at timestamptz NOT NULL,
    active_from timestamptz NOT NULL,
    closed_at timestamptz,
    responsible_id uuid,
    PRIMARY KEY (service_id, person_hash)
);
CREATE INDEX relationship_person ON relationship (person_hash);
CREATE INDEX relationship_responsible ON relationship (responsible_id, person_hash);

-- A batch on its way in: it counts when all of it is here.
CREATE TABLE relationship_line (
    batch_id uuid NOT NULL,
    line integer NOT NULL,
    person_hash bytea NOT NULL,
    is_closed boolean NOT NULL,
    responsible_id uuid,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (batch_id, line)
);
CREATE INDEX relationship_line_person ON relationship_line (batch_id, person_hash);
CREATE INDEX relationship_line_age ON relationship_line (told_at);
