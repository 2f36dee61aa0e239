-- Whether a scanner has looked for malware in the bytes.
ALTER TABLE upload ADD COLUMN scanned BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE attachment ADD COLUMN scanned BOOLEAN NOT NULL DEFAULT false;
