ALTER TABLE message_body DROP COLUMN form_answers;
ALTER TABLE message_body DROP COLUMN form_version;
ALTER TABLE message_body DROP COLUMN form_name;
DROP TABLE form;
