DROP INDEX upload_blob;
DROP INDEX attachment_blob;
DROP TABLE loose_blob;
DROP TABLE installation;
