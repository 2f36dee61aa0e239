DROP INDEX conversation_answered_by;
CREATE INDEX conversation_answered_by ON conversation (mailbox_id, assignee_id) WHERE assignee_id IS NOT NULL;
DROP INDEX conversation_to_answer;
DROP INDEX recorded_access_member;
DROP INDEX follow_up_patient;
DROP INDEX relationship_responsible;
CREATE INDEX relationship_responsible ON relationship (responsible_id, person_hash);
