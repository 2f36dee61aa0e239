-- A page of each list is a range of an index, whatever else is in the table.

-- Unread messages, newest first.
DROP INDEX message_unread;
CREATE INDEX message_unread ON message (mailbox_id, received_at DESC, id DESC)
    WHERE received_at IS NOT NULL AND removed_at IS NULL AND read_at IS NULL;
-- What nobody has taken of a service's queue: a missing assignee does not keep the order of an index.
CREATE INDEX conversation_untaken ON conversation (service_id, changed_at, id) WHERE assignee_id IS NULL;
CREATE INDEX conversation_untaken_state ON conversation (service_id, state, changed_at, id) WHERE assignee_id IS NULL;
-- What somebody is to answer in a mailbox.
CREATE INDEX conversation_answered_by ON conversation (mailbox_id, assignee_id) WHERE assignee_id IS NOT NULL;
-- The patients of one member of a service. Nobody asks for those of somebody in all services.
DROP INDEX follow_up_person;
CREATE INDEX follow_up_member ON follow_up (service_id, person_id, mailbox_id);
