-- The seeded mailboxes and messages again, under ids that a script can compute: mailbox n, and its message k, are the
-- numbers n and n * 1000 + k written as ids. Numbers of persons' hashes likewise.
CREATE TEMPORARY TABLE seeded AS
SELECT mailbox.*, row_number() OVER (ORDER BY mailbox.id) AS n
FROM mailbox WHERE EXISTS (SELECT FROM message WHERE message.mailbox_id = mailbox.id);

INSERT INTO person_lookup (lookup_hash, mailbox_id)
SELECT sha256(n::text::bytea), lpad(to_hex(n), 32, '0')::uuid FROM seeded;

INSERT INTO mailbox (id, lookup_hash, key_epoch, data_key, national_id, person_name, birth_date, death_date, protection,
       lives_with_responsible, consent, created_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, sha256(n::text::bytea), key_epoch, data_key, national_id, person_name, birth_date,
       death_date, protection, lives_with_responsible, consent, created_at
FROM seeded;

CREATE TEMPORARY TABLE numbered AS
SELECT message.mailbox_id, message.id, owner.n AS mailbox_n,
       row_number() OVER (PARTITION BY message.mailbox_id ORDER BY message.id) AS k
FROM message
INNER JOIN seeded AS owner ON owner.id = message.mailbox_id
WHERE message.attachment_count = 0;

INSERT INTO message (mailbox_id, id, service_id, direction,
       kind, owner_key, service_key, subject, attachment_count, minimum_consent, available_at_protected_address, parents_until_years,
       withheld_from_parents, power_of_attorney, withheld_from_holders, youth, is_parental, channel, rule, accepted_at, open_by,
       received_at, opened_at, read_at, removed_at)
SELECT lpad(to_hex(mailbox_n), 32, '0')::uuid, lpad(to_hex(mailbox_n * 1000 + k), 32, '0')::uuid, service_id, direction,
       kind, owner_key, service_key, subject, attachment_count, minimum_consent, available_at_protected_address, parents_until_years,
       withheld_from_parents, power_of_attorney, withheld_from_holders, youth, is_parental, channel, rule, accepted_at, open_by,
       received_at, opened_at, read_at, removed_at
FROM message INNER JOIN numbered USING (mailbox_id, id)
ORDER BY id;

INSERT INTO message_body (mailbox_id, message_id, format, body)
SELECT lpad(to_hex(mailbox_n), 32, '0')::uuid, lpad(to_hex(mailbox_n * 1000 + k), 32, '0')::uuid, format, body
FROM message_body INNER JOIN numbered ON numbered.mailbox_id = message_body.mailbox_id AND numbered.id = message_id
ORDER BY message_id;

DROP TABLE numbered;
DROP TABLE seeded;

-- Files: one to copy from, some to fetch, and the ones that come in. Bytes that cannot be compressed, and no attempt to.
CREATE TABLE load_file (id bigint NOT NULL PRIMARY KEY, bytes bytea NOT NULL);
ALTER TABLE load_file ALTER COLUMN bytes SET STORAGE EXTERNAL;
INSERT INTO load_file
SELECT file, string_agg(sha256((file * 1000000 + part)::text::bytea), ''::bytea)
FROM generate_series(1, 64) AS file, generate_series(1, 32768) AS part
GROUP BY file;
