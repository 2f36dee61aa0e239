-- That somebody is told of a message by SMS or e-mail, never where. round: 1, and 2 a week later. id: what the other side
-- knows the notice by, however often it is sent.
CREATE TABLE notice (
    mailbox_id BLOB NOT NULL,
    message_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    round SMALLINT NOT NULL,
    channel TEXT NOT NULL,
    id BLOB NOT NULL,
    decided_at BIGINT NOT NULL,
    sent_at BIGINT,
    refused_at BIGINT,
    PRIMARY KEY (mailbox_id, message_id, person_id, round, channel)
) WITHOUT ROWID;

-- How an owner wants to be told. Without a row: by SMS and e-mail.
CREATE TABLE notification_settings (
    mailbox_id BLOB NOT NULL PRIMARY KEY,
    sms BOOLEAN NOT NULL,
    email BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL
) WITHOUT ROWID;
