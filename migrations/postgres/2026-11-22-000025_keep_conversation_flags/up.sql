-- What all messages of a conversation ask together of who looks at them, so that an answer need not look at each. A
-- conversation without a message is for nobody.
ALTER TABLE conversation ADD COLUMN minimum_consent smallint NOT NULL DEFAULT 3;
ALTER TABLE conversation ADD COLUMN available_at_protected_address boolean NOT NULL DEFAULT FALSE;
ALTER TABLE conversation ADD COLUMN parents_until_years smallint NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN power_of_attorney boolean NOT NULL DEFAULT FALSE;
ALTER TABLE conversation ADD COLUMN youth smallint NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN is_parental boolean NOT NULL DEFAULT TRUE;
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
        bool_and(available_at_protected_address) AS available_at_protected_address,
        min(parents_until_years) AS parents_until_years,
        bool_and(power_of_attorney) AS power_of_attorney,
        min(youth) AS youth,
        bool_or(is_parental) AS is_parental
    FROM message WHERE conversation_id IS NOT NULL GROUP BY mailbox_id, conversation_id
) AS asked
WHERE asked.mailbox_id = conversation.mailbox_id AND asked.conversation_id = conversation.id;
ALTER TABLE conversation ALTER COLUMN minimum_consent DROP DEFAULT;
ALTER TABLE conversation ALTER COLUMN available_at_protected_address DROP DEFAULT;
ALTER TABLE conversation ALTER COLUMN parents_until_years DROP DEFAULT;
ALTER TABLE conversation ALTER COLUMN power_of_attorney DROP DEFAULT;
ALTER TABLE conversation ALTER COLUMN youth DROP DEFAULT;
ALTER TABLE conversation ALTER COLUMN is_parental DROP DEFAULT;
-- What is withheld changes, so it is looked for.
CREATE INDEX message_withheld_from_parents ON message (mailbox_id, conversation_id) WHERE withheld_from_parents;
CREATE INDEX message_withheld_from_holders ON message (mailbox_id, conversation_id) WHERE withheld_from_holders;
