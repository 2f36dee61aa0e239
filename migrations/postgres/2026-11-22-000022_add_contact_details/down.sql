DROP TABLE contact_details;
