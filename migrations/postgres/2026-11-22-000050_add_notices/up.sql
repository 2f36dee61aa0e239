-- That somebody is told of a message by SMS or e-mail, never where. round: 1, and 2 a week later. id: what the other side
-- knows the notice by, however often it is sent.
CREATE TABLE notice (
    mailbox_id uuid NOT NULL,
    message_id uuid NOT NULL,
    person_id uuid NOT NULL,
    round smallint NOT NULL,
    channel text NOT NULL,
    id uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    sent_at timestamptz,
    refused_at timestamptz,
    PRIMARY KEY (mailbox_id, message_id, person_id, round, channel)
);

-- How an owner wants to be told. Without a row: by SMS and e-mail.
CREATE TABLE notification_settings (
    mailbox_id uuid NOT NULL PRIMARY KEY,
    sms boolean NOT NULL,
    email boolean NOT NULL,
    changed_at timestamptz NOT NULL
);
