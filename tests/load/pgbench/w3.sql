\set m random(1, :mailboxes)
\set k :m * 1000 + random(1, :messages_each)
SELECT message.id, service_id, direction, kind, subject, attachment_count, received_at, opened_at, read_at, format, body FROM message INNER JOIN message_body ON message_body.mailbox_id = message.mailbox_id AND message_body.message_id = message.id WHERE message.mailbox_id = lpad(to_hex(:m::bigint), 32, '0')::uuid AND received_at IS NOT NULL AND removed_at IS NULL AND minimum_consent <= 1 AND available_at_protected_address >= false AND message.id = lpad(to_hex(:k::bigint), 32, '0')::uuid LIMIT 1;
