-- One page of a conversation in its mailbox is one range of this index.
CREATE INDEX message_conversation_received ON message (mailbox_id, conversation_id, received_at, id)
    WHERE conversation_id IS NOT NULL;
