-- The feed of each organisation. Whoever numbers its events holds its row.
CREATE TABLE feed (
    organisation_id BLOB NOT NULL PRIMARY KEY REFERENCES organisation (id),
    last_number BIGINT NOT NULL,
    last_event_at BIGINT NOT NULL
) WITHOUT ROWID;
INSERT INTO feed SELECT id, 0, created_at FROM organisation;

-- arrival: the order in which the database took events in; it only orders those that are numbered together. number: the
-- place in the feed, given after commit.
CREATE TABLE event_in_order (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    organisation_id BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    service_id BLOB,
    message_id BLOB,
    mailbox_id BLOB,
    at BIGINT NOT NULL,
    number BIGINT,
    UNIQUE (organisation_id, id),
    -- A heartbeat is about no message.
    CHECK ((message_id IS NULL) = (service_id IS NULL) AND (message_id IS NULL) = (mailbox_id IS NULL))
);
INSERT INTO event_in_order (organisation_id, id, kind, service_id, message_id, mailbox_id, at)
SELECT event.organisation_id, event.id, event.kind, event.service_id, event.message_id, message.mailbox_id, event.at
FROM event JOIN message ON message.id = event.message_id
ORDER BY event.id;
DROP TABLE event;
ALTER TABLE event_in_order RENAME TO event;
CREATE UNIQUE INDEX event_number ON event (organisation_id, number) WHERE number IS NOT NULL;
CREATE INDEX event_unnumbered ON event (organisation_id, arrival) WHERE number IS NULL;
