-- Of what somebody has been told lately: asked before they are told of another power of attorney.
CREATE INDEX notice_recent ON notice (mailbox_id, decided_at);
