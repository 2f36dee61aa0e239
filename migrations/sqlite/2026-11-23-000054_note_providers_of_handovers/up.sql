-- Whose mailbox a letter went to, by organisation number: what one provider may have goes to no other.
ALTER TABLE handover ADD COLUMN provider TEXT;
