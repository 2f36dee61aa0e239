-- What all messages of a conversation ask together of who looks at them, so that an answer need not look at each. A
-- conversation without a message is for nobody.
ALTER TABLE conversation ADD COLUMN minimum_consent SMALLINT NOT NULL DEFAULT 3;
ALTER TABLE conversation ADD COLUMN available_at_protected_address BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE conversation ADD COLUMN parents_until_years SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN power_of_attorney BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE conversation ADD COLUMN youth SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN is_parental BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE conversation SET
    minimum_consent = asked.minimum_consent,
    available_at_protected_address = asked.available_at_protected_address,
    parents_until_years = asked.parents_until_years,
    power_of_attorney = asked.power_of_attorney,
    youth = asked.youth,
    is_parental = asked.is_parental
FROM (
    SELECT mailbox_id, conversation_id,
        max(minimum_consent) AS minimum_consent,
        min(available_at_protected_address) AS available_at_protected_address,
        min(parents_until_years) AS parents_until_years,
        min(power_of_attorney) AS power_of_attorney,
        min(youth) AS youth,
        max(is_parental) AS is_parental
    FROM message WHERE conversation_id IS NOT NULL GROUP BY mailbox_id, conversation_id
) AS asked
WHERE asked.mailbox_id = conversation.mailbox_id AND asked.conversation_id = conversation.id;
-- What is withheld changes, so it is looked for.
CREATE INDEX message_withheld_from_parents ON message (mailbox_id, conversation_id) WHERE withheld_from_parents;
CREATE INDEX message_withheld_from_holders ON message (mailbox_id, conversation_id) WHERE withheld_from_holders;
