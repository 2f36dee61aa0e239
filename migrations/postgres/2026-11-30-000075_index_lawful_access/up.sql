-- For whom the nightly exchange names somebody as responsible: of one member, or of all in their order.
DROP INDEX relationship_responsible;
CREATE INDEX relationship_responsible ON relationship (service_id, responsible_id, person_hash)
    WHERE responsible_id IS NOT NULL AND closed_at IS NULL;
-- Who follows up a patient, of all services: asked at each look into a mailbox, and to tell its owner.
CREATE INDEX follow_up_patient ON follow_up (mailbox_id, person_id);
-- What members have put on record themselves.
CREATE INDEX recorded_access_member ON recorded_access (service_id, person_id, valid_until);
-- What somebody is to answer, in the order of a queue and in a mailbox: what is closed gives nobody access.
CREATE INDEX conversation_to_answer ON conversation (service_id, assignee_id, changed_at, id)
    WHERE assignee_id IS NOT NULL AND state <> 'closed';
DROP INDEX conversation_answered_by;
CREATE INDEX conversation_answered_by ON conversation (mailbox_id, assignee_id)
    WHERE assignee_id IS NOT NULL AND state <> 'closed';
