DROP INDEX message_conversation;
CREATE INDEX message_conversation ON message (mailbox_id, conversation_id, id) WHERE conversation_id IS NOT NULL;
DROP INDEX power_of_attorney_id;
CREATE INDEX power_of_attorney_id ON power_of_attorney (id);
DROP INDEX follow_up_member;
CREATE INDEX follow_up_person ON follow_up (person_id, mailbox_id);
DROP INDEX conversation_answered_by;
DROP INDEX conversation_untaken_state;
DROP INDEX conversation_untaken;
DROP INDEX message_unread;
CREATE INDEX message_unread ON message (mailbox_id)
    WHERE received_at IS NOT NULL AND removed_at IS NULL AND read_at IS NULL;
