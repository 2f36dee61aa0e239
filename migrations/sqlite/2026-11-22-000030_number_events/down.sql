CREATE TABLE event_without_order (
    organisation_id BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    service_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (organisation_id, id)
) WITHOUT ROWID;
INSERT INTO event_without_order
SELECT organisation_id, id, kind, service_id, message_id, at FROM event WHERE message_id IS NOT NULL;
DROP TABLE event;
ALTER TABLE event_without_order RENAME TO event;
DROP TABLE feed;
