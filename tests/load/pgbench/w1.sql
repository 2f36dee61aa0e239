\set m random(1, :mailboxes)
\set n :n + 1
\set id :base + :client_id * 10000000 + :n
SELECT service.id, organisation.id, organisation.number FROM service INNER JOIN organisation ON organisation.id = service.organisation_id WHERE service.id = :service::uuid;
SELECT organisation_id, valid_from, valid_to FROM agreement WHERE organisation_id = (SELECT organisation_id FROM service WHERE id = :service::uuid);
SELECT organisation_id, external_id FROM client WHERE organisation_id = (SELECT organisation_id FROM service WHERE id = :service::uuid);
SELECT id, organisation_id, name, kind, minimum_consent, unregistered_recipients, available_at_protected_address, attachment_types FROM service WHERE id = :service::uuid;
SELECT mailbox.id, mailbox.key_epoch, mailbox.data_key, mailbox.consent, mailbox.lookup_hash, mailbox.birth_date, mailbox.death_date, mailbox.protection FROM person_lookup INNER JOIN mailbox ON mailbox.id = person_lookup.mailbox_id WHERE person_lookup.lookup_hash = sha256((:m::bigint)::text::bytea);
SELECT scope, key, request_digest, object_id FROM idempotency WHERE scope = 'organisation-pgbench' AND key = :id::text;
BEGIN;
INSERT INTO sending (service_id, message_id, mailbox_id, sender_reference, reasons) VALUES (:service::uuid, lpad(to_hex(:id::bigint), 32, '0')::uuid, lpad(to_hex(:m::bigint), 32, '0')::uuid, NULL, '');
INSERT INTO message (mailbox_id, id, service_id, direction, kind, owner_key, service_key, subject, attachment_count, minimum_consent, available_at_protected_address, parents_until_years, withheld_from_parents, power_of_attorney, withheld_from_holders, youth, is_parental, channel, rule, accepted_at, open_by) VALUES (lpad(to_hex(:m::bigint), 32, '0')::uuid, lpad(to_hex(:id::bigint), 32, '0')::uuid, :service::uuid, 'received', 'letter', decode(repeat('5a', 65), 'hex'), decode(repeat('5a', 65), 'hex'), :subject::bytea, 0, 1, true, 12, false, true, false, 0, false, 'inbox', 'HN-4', now(), NULL);
INSERT INTO message_body (mailbox_id, message_id, format, body) VALUES (lpad(to_hex(:m::bigint), 32, '0')::uuid, lpad(to_hex(:id::bigint), 32, '0')::uuid, 'text', :body::bytea);
INSERT INTO job (id, kind, mailbox_id, object_id, run_at, attempts) VALUES (lpad(to_hex(:id::bigint), 32, '0')::uuid, 'deliver', lpad(to_hex(:m::bigint), 32, '0')::uuid, lpad(to_hex(:id::bigint), 32, '0')::uuid, now() + interval '100 years', 0);
INSERT INTO event (organisation_id, id, kind, service_id, message_id, mailbox_id, at) VALUES (:service::uuid, lpad(to_hex(:id::bigint), 32, '0')::uuid, 'message.accepted', :service::uuid, lpad(to_hex(:id::bigint), 32, '0')::uuid, lpad(to_hex(:m::bigint), 32, '0')::uuid, now());
INSERT INTO audit_entry (subject_id, id, subject_kind, at, actor_kind, actor_person, actor_organisation, actor_subject, action, object_kind, object_id, outcome, rule, trace_id) VALUES (lpad(to_hex(:m::bigint), 32, '0')::uuid, lpad(to_hex(:id::bigint), 32, '0')::uuid, 'mailbox', now(), 'system', NULL, '310000019', NULL, 'sendMessage', 'message', lpad(to_hex(:id::bigint), 32, '0')::uuid, 'granted', 'PP-3', lpad(to_hex(:id::bigint), 32, '0')::uuid);
INSERT INTO idempotency (scope, key, request_digest, object_id, created_at) VALUES ('organisation-pgbench', :id::text, sha256(:id::text::bytea), lpad(to_hex(:id::bigint), 32, '0')::uuid, now());
COMMIT;
