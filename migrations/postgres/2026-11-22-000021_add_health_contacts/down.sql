DROP TABLE practitioner_change;
DROP TABLE health_contact_line;
DROP TABLE health_contact;
