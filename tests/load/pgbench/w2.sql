\set m random(1, :mailboxes)
SELECT id, service_id, direction, kind, subject, attachment_count, received_at, opened_at, read_at FROM message WHERE mailbox_id = lpad(to_hex(:m::bigint), 32, '0')::uuid AND received_at IS NOT NULL AND removed_at IS NULL AND minimum_consent <= 1 AND available_at_protected_address >= false ORDER BY received_at DESC, id DESC LIMIT 51;
